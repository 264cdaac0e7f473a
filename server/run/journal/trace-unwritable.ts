/**
 * Thrown when what a run does cannot be written down: its table is locked, full or taken away, or refuses the row. The run
 * is put down and sends nothing; the cause is the database's error.
 */
export class TraceUnwritable extends Error {
  override name = 'TraceUnwritable'

  constructor(cause: unknown) {
    super('What the run does cannot be written down.', { cause })
  }
}
