import { deleteWorkspace } from '../../server/close/delete-closed.ts'
import { openDatabase } from '../../server/store/database/database.ts'

// Deletes a closed workspace a row at a time, slowly enough to be killed in the middle: node delete-process.ts <order>.
const order = JSON.parse(process.argv[2] ?? '') as { appUrl: string; systemUrl: string; workspace: string }
const [app, system] = [openDatabase({ url: order.appUrl, max: 2 }), openDatabase({ url: order.systemUrl, max: 2 })]
const connections = { revoke: async () => 'no-sign-in' as const }
const log = { info: () => undefined, warn: console.warn }
await deleteWorkspace({ app: app.db, connections, log, batch: 1 }, system.db, order.workspace)
await Promise.all([app.close(), system.close()])
