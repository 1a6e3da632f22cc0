// Prints what chokidar says of a directory: records of three fields, each field ended by NUL.
import { watch } from 'chokidar';
import { writeSync } from 'node:fs';

const say = (kind, path = '', inode = '') => {
  const record = Buffer.from(`${kind}\0${path}\0${inode}\0`);
  // A pipe that is full takes only a part.
  for (let written = 0; written < record.length;) {
    try {
      written += writeSync(1, record, written);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
};

watch(process.argv[2], { followSymlinks: false, alwaysStat: true })
  .on('add', (path, stats) => say('there', path, stats?.ino ?? ''))
  .on('change', (path, stats) => say('there', path, stats?.ino ?? ''))
  .on('unlink', path => say('gone', path))
  .on('unlinkDir', path => say('gone', path))
  .on('error', error => say('error', String(error)))
  .on('ready', () => say('ready'));
