#!/usr/bin/python3
"""weak-disk.py DIRECTORY MOUNTPOINT [fold] [name=WHICH]

Shows a directory as a disk whose inode numbers are made up: each mount begins anew, and gives them in an order of its own, so that
a file gets the number that another had. fold: names are found in any case, as on FAT and exFAT. WHICH: what it calls itself.
"""
import errno
import os
import random
import sys

import fusepy as fuse


class WeakDisk(fuse.Operations):
    def __init__(self, root, folds):
        self.root, self.folds = os.path.realpath(root), folds
        self.numbers = {}
        self.free = list(range(2, 4000))
        random.shuffle(self.free)

    def real(self, path):
        if not self.folds:
            return self.root + path
        found = self.root
        for name in path.split('/')[1:]:
            if not name:
                continue
            whole = os.path.join(found, name)
            if not os.path.lexists(whole):
                try:
                    alike = [other for other in os.listdir(found) if other.lower() == name.lower()]
                except OSError:
                    alike = []
                whole = os.path.join(found, alike[0] if alike else name)
            found = whole
        return found

    def getattr(self, path, handle=None):
        try:
            stat = os.lstat(self.real(path))
        except OSError as error:
            raise fuse.FuseOSError(error.errno)
        facts = {key: getattr(stat, key) for key in ('st_mode', 'st_uid', 'st_gid', 'st_size', 'st_atime', 'st_ctime')}
        # Even seconds.
        facts['st_mtime'] = int(stat.st_mtime) // 2 * 2
        facts['st_nlink'] = 1
        if stat.st_ino not in self.numbers:
            self.numbers[stat.st_ino] = self.free.pop()
        facts['st_ino'] = self.numbers[stat.st_ino]
        return facts

    def call(self, function, *arguments):
        try:
            return function(*arguments)
        except OSError as error:
            raise fuse.FuseOSError(error.errno)

    def readdir(self, path, handle):
        return ['.', '..'] + os.listdir(self.real(path))

    def open(self, path, flags):
        return self.call(os.open, self.real(path), flags)

    def create(self, path, mode, info=None):
        return self.call(os.open, self.real(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)

    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)

    def write(self, path, data, offset, handle):
        return os.pwrite(handle, data, offset)

    def truncate(self, path, length, handle=None):
        return self.call(os.truncate, self.real(path), length)

    def release(self, path, handle):
        return os.close(handle)

    def unlink(self, path):
        return self.call(os.unlink, self.real(path))

    def mkdir(self, path, mode):
        return self.call(os.mkdir, self.real(path), mode)

    def rmdir(self, path):
        return self.call(os.rmdir, self.real(path))

    def rename(self, old, new):
        target = self.real(new)
        if self.folds:
            # The new spelling is the name's, whatever file was there.
            target = os.path.join(os.path.dirname(target), os.path.basename(new))
            other = self.real(new)
            if other not in (self.real(old), target) and os.path.lexists(other):
                self.call(os.unlink, other)
        return self.call(os.rename, self.real(old), target)

    def utimens(self, path, times=None):
        return self.call(os.utime, self.real(path), times)

    def chmod(self, path, mode):
        return self.call(os.chmod, self.real(path), mode)

    def chown(self, path, uid, gid):
        return self.call(os.chown, self.real(path), uid, gid)

    def statfs(self, path):
        stat = os.statvfs(self.root)
        return {key: getattr(stat, key) for key in ('f_bavail', 'f_bfree', 'f_blocks', 'f_bsize', 'f_files', 'f_ffree', 'f_frsize', 'f_namemax')}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    options = sys.argv[3:]
    name = next((option[5:] for option in options if option.startswith('name=')), 'weak-disk')
    fuse.FUSE(WeakDisk(sys.argv[1], 'fold' in options), sys.argv[2], foreground=False, nothreads=True, use_ino=True, fsname=name,
              subtype='weak', allow_other=True, entry_timeout=0, attr_timeout=0, negative_timeout=0)


main()
