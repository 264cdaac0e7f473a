/** What can be wrong with a database before the product may use it. */
export type DatabaseErrorCode =
  | 'DATABASE_TOO_OLD'
  | 'DATABASE_NEWER'
  | 'MIGRATION_FAILED'
  | 'LOGINS_REFUSED'
  | 'BACKUP_UNREADABLE'
  | 'BACKUP_NEWER'
  | 'BACKUP_UNPROVEN'
  | 'DATABASE_NOT_EMPTY'
  | 'PRODUCT_RUNNING'
  | 'ROWS_MISSING'
  | 'ERASURES_NEED_KEY'
  | 'CONNECTIONS_SHORT'
  | 'SECRET_KEY_DIFFERENT'
  | 'SECRET_KEY_HALFWAY'

/** A database the product cannot work with as it is. The message says what to do. */
export class DatabaseError extends Error {
  override name = 'DatabaseError'
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.code = code
  }
}
