import type { Kysely } from 'kysely'
import { StepError } from '../../connectors/kit/errors.ts'
import { NOT_OPENED } from '../store/connection/connection-records.ts'
import { type ConnectionState, loadConnection } from '../store/connection/connection-state.ts'
import type { Database } from '../store/database/schema.ts'
import { type Keyring, SealBroken } from '../store/key/secrets.ts'

/**
 * A connection with its secrets opened; undefined: there is none.
 * @throws StepError LOGIN_REFUSED where they do not open: its flows stop until a person has entered them anew
 */
export async function loadState(
  db: Kysely<Database>,
  keys: Keyring,
  workspace: string,
  id: string,
): Promise<ConnectionState | undefined> {
  try {
    return await loadConnection(db, keys, workspace, id)
  } catch (error) {
    if (error instanceof SealBroken) throw new StepError('LOGIN_REFUSED', NOT_OPENED, { cause: error })
    throw error
  }
}
