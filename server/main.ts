import { readConfig } from './config.ts'
import { startProduct } from './product.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** `npm start`: reads the environment, starts the product, stops it on Ctrl-C. */
async function main(): Promise<void> {
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

main().catch((error: unknown) => {
  // Errors with a code are written for people; others are bugs and show where they happened.
  const named = error instanceof Error && 'code' in error && typeof error.code === 'string'
  console.error(named ? `${error.message}` : error)
  process.exit(1)
})
