import { readConfig } from './config.ts'
import { startProduct } from './product.ts'
import { stopOnSignal } from './stop-on-signal.ts'

const OLDEST_NODE = [24, 12] as const

/** `npm start`: reads the environment, starts the product, stops it on Ctrl-C. */
async function main(): Promise<void> {
  refuseOldNode()
  const began = performance.now()
  const starting = startProduct(readConfig())
  stopOnSignal(async () => (await starting).stop())
  const product = await starting
  console.log(`Tieline is ready at ${product.url} (${((performance.now() - began) / 1000).toFixed(1)} s).`)
  if (product.setUpUrl) {
    console.log(
      `Nobody has set it up yet. Open this link once, within 24 hours, to become its owner:\n  ${product.setUpUrl}`,
    )
  }
  console.log('Ctrl-C stops it.')
}

function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  console.error(
    `Tieline needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}. ` +
      'Run it with “npm start”, which brings its own, or install a newer one.',
  )
  process.exit(1)
}

main().catch((error: unknown) => {
  // Errors with a code are written for people; others are bugs and show where they happened.
  const named = error instanceof Error && 'code' in error && typeof error.code === 'string'
  console.error(named ? `${error.message}` : error)
  process.exit(1)
})
