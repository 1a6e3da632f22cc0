// chokidar on a directory, with nothing asked of it but to watch.
import { watch } from 'chokidar';

let failed = 0;
const watcher = watch(process.argv[2], { persistent: true });
watcher.on('error', () => failed++);
watcher.on('ready', () => console.log(failed ? `chokidar is ready; it failed to watch ${failed} times` : 'chokidar is ready'));
process.on('SIGTERM', () => process.exit(0));
