/** What can go wrong with the data directory or the embedded PostgreSQL, by what the reader has to do about it. */
export type PostgresErrorCode =
  | 'DATA_DIR_IN_USE'
  | 'DATA_DIR_UNUSABLE'
  | 'POSTGRES_MISSING'
  | 'POSTGRES_VERSION'
  | 'POSTGRES_NEEDS_A_USER'
  | 'POSTGRES_FAILED'

/** A start or stop of the embedded PostgreSQL that went wrong in a way somebody foresaw. The message says what to do. */
export class PostgresError extends Error {
  override name = 'PostgresError'
  readonly code: PostgresErrorCode

  constructor(code: PostgresErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.code = code
  }
}
