/**
 * `npm run sandbox`: a Xero, an Emarsys, a BigCommerce store and a mail server of one's own on this machine, with demo data,
 * until Ctrl-C.
 */
import { parseArgs } from 'node:util'
import { startBigCommerceSandbox } from './bigcommerce/sandbox/server.ts'
import { startMailSandbox } from './email/sandbox/server.ts'
import { startEmarsysSandbox } from './emarsys/sandbox/server.ts'
import { startXeroSandbox } from './xero/sandbox/server.ts'

const USAGE = `Usage: npm run sandbox -- [--xero-port 4110] [--emarsys-port 4120] [--bigcommerce-port 4130] [--mail-port 4140]
       [--smtp-port 4125] [--invoices 500] [--contacts 200] [--credit-notes 20] [--orders 120] [--seed 1] [--limits off]
       [--auto-approve] [--json]`

function readFlags() {
  try {
    return parseArgs({
      options: {
        'xero-port': { type: 'string', default: '4110' },
        'emarsys-port': { type: 'string', default: '4120' },
        'bigcommerce-port': { type: 'string', default: '4130' },
        'mail-port': { type: 'string', default: '4140' },
        'smtp-port': { type: 'string', default: '4125' },
        invoices: { type: 'string', default: '500' },
        contacts: { type: 'string', default: '200' },
        'credit-notes': { type: 'string', default: '20' },
        orders: { type: 'string', default: '120' },
        seed: { type: 'string', default: '1' },
        limits: { type: 'string', default: 'on' },
        'auto-approve': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    }).values
  } catch (problem) {
    throw new Error(`${problem instanceof Error ? problem.message : String(problem)}\n${USAGE}`)
  }
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, but is '${text}'.\n${USAGE}`)
  return Number(text)
}

async function main(): Promise<void> {
  const flags = readFlags()
  if (!['on', 'off'].includes(flags.limits))
    throw new Error(`--limits is on or off, but is '${flags.limits}'.\n${USAGE}`)
  const limits = flags.limits === 'off' ? { limits: 'off' as const } : {}
  const xero = await startXeroSandbox({
    port: whole('xero-port', flags['xero-port']),
    invoices: whole('invoices', flags.invoices),
    contacts: whole('contacts', flags.contacts),
    creditNotes: whole('credit-notes', flags['credit-notes']),
    seed: whole('seed', flags.seed),
    autoApprove: flags['auto-approve'],
    ...limits,
  })
  const emarsys = await startEmarsysSandbox({ port: whole('emarsys-port', flags['emarsys-port']), ...limits })
  const bigcommerce = await startBigCommerceSandbox({
    port: whole('bigcommerce-port', flags['bigcommerce-port']),
    orders: whole('orders', flags.orders),
    seed: whole('seed', flags.seed),
    ...(flags.limits === 'off' ? { quota: 'off' } : {}),
  })
  const mail = await startMailSandbox({
    port: whole('mail-port', flags['mail-port']),
    smtpPort: whole('smtp-port', flags['smtp-port']),
  })
  const { url: shopUrl, storeHash, accessToken } = bigcommerce

  if (flags.json) {
    const { url, clientId, clientSecret, tenantId } = xero
    console.log(
      JSON.stringify({
        xero: { url, clientId, clientSecret, tenantId },
        emarsys: { url: emarsys.url, ...emarsys.credentials },
        bigcommerce: { url: shopUrl, storeHash, accessToken },
        mail: { url: mail.url, host: mail.smtpHost, port: mail.smtpPort },
      }),
    )
  } else
    console.log(`Xero sandbox     ${xero.url}  (control page: ${xero.url}/control)
  client id      ${xero.clientId}
  client secret  ${xero.clientSecret}
  tenant id      ${xero.tenantId}
Emarsys sandbox  ${emarsys.url}  (control page: ${emarsys.url}/control)
  client id      ${emarsys.credentials.clientId}
  client secret  ${emarsys.credentials.clientSecret}
  WSSE user      ${emarsys.credentials.wsseUser}
  WSSE secret    ${emarsys.credentials.wsseSecret}
  merchant id    ${emarsys.credentials.merchantId}
  sales token    ${emarsys.credentials.salesToken}
BigCommerce      ${shopUrl}  (control page: ${shopUrl}/control)
  store hash     ${storeHash}
  access token   ${accessToken}
Mail server      ${mail.smtpHost}:${mail.smtpPort} (SMTP, no password; what it took: ${mail.url}/control)
Ctrl-C stops all. The data lives in memory and is made anew from the seed at each start.`)

  const stop = async (): Promise<void> => {
    await Promise.all([xero.close(), emarsys.close(), bigcommerce.close(), mail.close()])
  }
  // npm passes the signal on as well, so it may come twice: once() leaves the second to end the process.
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

main().catch((problem: unknown) => {
  console.error(problem instanceof Error ? problem.message : problem)
  process.exitCode = 1
})
