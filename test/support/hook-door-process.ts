import { createKeyring } from '../../server/store/key/secrets.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import type { TestDatabase } from './database.ts'
import { type DoorOrder, openDoor } from './hook-door.ts'

// Takes events for a database: node hook-door-process.ts <order as JSON>. Says where; SIGKILL is what the tests are about.
const order = JSON.parse(process.argv[2] ?? '') as DoorOrder // written by hook-door.ts
const open = (url: string) => openDatabase({ url, max: 4, applicationName: 'tieline test door' })
const database = { app: open(order.appUrl), system: open(order.systemUrl) } as TestDatabase // all that a door uses
const never = () => {
  throw new Error('a door needs no such thing')
}
const door = await openDoor(
  database,
  createKeyring(Buffer.from(order.secretKey, 'hex')),
  // It dials nobody, and evaluates nothing.
  { open: never, test: never, authorizeUrl: never, exchangeCode: never, usage: never, close: never } as never,
  { parse: never, preview: never },
)
console.log(door.url)
