// glibc gives each thread a heap of its own and keeps what is freed there: 40 MB for a server whose threads compress and
// encrypt. With one heap for all nothing is slower, but it has to be said before the process starts, so it starts anew:
// same process, same arguments, 30 ms. Where the C library is another one, it means nothing.
if (process.platform === 'linux' && process.env.MALLOC_ARENA_MAX === undefined) {
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    MALLOC_ARENA_MAX: '1',
    // Bytes. Else it learns from the first big buffer to keep all big ones for itself: 12 MB that nobody uses.
    MALLOC_MMAP_THRESHOLD_: '262144',
    MALLOC_TRIM_THRESHOLD_: '131072',
  })
}
