import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from './config.ts'
import { type ProductOptions, startProduct } from './product.ts'
import { stopOnSignal } from './stop-on-signal.ts'

const ROLES = ['all', 'api', 'worker'] as const

/** `npm start`: reads the environment, starts the product, stops it on Ctrl-C. */
async function main(): Promise<void> {
  const began = performance.now()
  const role = readRole()
  const starting = startProduct(readConfig(), { role })
  stopOnSignal(async () => (await starting).stop())
  const product = await starting
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(
    product.url
      ? `Tieline is ready at ${product.url} (${seconds} s).`
      : `Tieline takes runs as a worker (${seconds} s).`,
  )
  if (product.setUpUrl) {
    console.log(
      `Nobody has set it up yet. Open this link once, within 24 hours, to become its owner:\n  ${product.setUpUrl}`,
    )
  }
  console.log('Ctrl-C stops it.')
  await product.done
  await product.stop()
  process.exit(0)
}

function readRole(): NonNullable<ProductOptions['role']> {
  const usage = `usage: npm start [-- --role ${ROLES.join('|')}]`
  let given: string | undefined
  try {
    given = parseArgs({ options: { role: { type: 'string', default: 'all' } } }).values.role
  } catch (error) {
    throw new ConfigError([`${error instanceof Error ? error.message : error}. ${usage}`])
  }
  const role = ROLES.find((known) => known === given)
  if (!role) throw new ConfigError([`there is no role “${given}”; ${usage}`])
  return role
}

main().catch((error: unknown) => {
  // Errors with a code are written for people; others are bugs and show where they happened.
  const named = error instanceof Error && 'code' in error && typeof error.code === 'string'
  console.error(named ? `${error.message}` : error)
  process.exit(1)
})
