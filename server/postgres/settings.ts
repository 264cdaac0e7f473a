/** Settings for the database of one small server; given on every start, so that an update of the product updates them. */
export function serverSettings(major: number, testing: boolean): { readonly [name: string]: string } {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: testing ? '300' : '60',
    shared_buffers: testing ? '64MB' : '128MB',
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    effective_cache_size: '512MB',
    random_page_cost: '1.1', // solid-state disks
    // Dropping or restoring a year of daily partitions with their indexes takes a lock on each.
    max_locks_per_transaction: '256',
    // Parallel queries need /dev/shm, which containers cut to 64 MB; our statements are short.
    max_parallel_workers_per_gather: '0',
    ...(major >= 18 ? { io_method: 'sync' } : {}), // no processes of its own for reading; the default keeps three
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // No statement text and no values of rows in the log: they are personal data.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    logging_collector: 'off',
    // A test database may be lost with the machine; a product's may not lose an acknowledged effect.
    ...(testing
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', wal_level: 'minimal', max_wal_senders: '0' }
      : { fsync: 'on', synchronous_commit: 'on' }),
  }
}
