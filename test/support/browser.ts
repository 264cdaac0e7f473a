import sparticuz from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'

// Our own arguments: those of the package switch web security off and run everything in one process.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real Chromium, the one from the registry unless `CHROME` names another. The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROME'] ?? (await sparticuz.executablePath())
  return chromium.launch({ executablePath, args: ARGUMENTS, headless: true })
}
