import { parseArgs } from 'node:util'
import { INSTALLATION } from '../audit/chain.ts'
import { PASSWORD_PAGE } from '../contract/paths.ts'
import { LINK_MINUTES } from '../api/people/password-routes.ts'
import { hashSecret, newSecret } from '../api/http/sessions.ts'
import { readConfig } from '../config.ts'
import { readRunFile } from '../postgres/run-file.ts'
import { appendAudit } from '../store/workspace/audit.ts'
import { openDatabase } from '../store/database/database.ts'
import { migrate } from '../store/database/migrate.ts'
import { insertPasswordLink } from '../store/people/password-links.ts'
import { findPersonByEmail, listMemberships } from '../store/people/people.ts'
import { removeSecondFactor } from '../store/people/second-factors.ts'
import { fail, withOwnDatabase } from './own-database.ts'

// npm run recover -- EMAIL: for the day when nobody can come in any more. Whoever may run it holds the database anyway.

const USAGE = `usage: npm run recover -- EMAIL [--without-second-factor] [--lift-rules] [--vouch]
  prints a link with which EMAIL sets a new password, once and within a day
  --without-second-factor  turns the second factor off: the phone and the recovery codes are lost
  --lift-rules             lifts what the workspaces that EMAIL owns ask of those who sign in
  --vouch                  you know EMAIL, and give the link to them alone: once it is used they count as a person of
                           their own, who may approve what whoever invited them asks for`

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'without-second-factor': { type: 'boolean' },
      'lift-rules': { type: 'boolean' },
      vouch: { type: 'boolean' },
    },
  })
  const [email, ...more] = positionals
  if (email === undefined || more.length > 0) throw Object.assign(new Error(USAGE), { code: 'USAGE' })
  const config = readConfig()
  await withOwnDatabase(config, 'running or not', async (url) => {
    const database = openDatabase({ url, max: 2, applicationName: 'tieline recover' })
    try {
      await migrate(database.db)
      const said: string[] = []
      await database.db.transaction().execute(async (tx) => {
        const person = await findPersonByEmail(tx, email)
        if (!person) {
          throw Object.assign(new Error(`There is nobody with the address ${email}, or they are disabled.`), {
            code: 'NOBODY',
          })
        }
        const note = (workspace: string, action: string) =>
          appendAudit(tx, workspace, {
            action,
            actor: { kind: 'system', id: 'npm run recover' },
            who: { name: '', email: '', address: '' },
            subject: { user: person.id },
            detail: {},
            requestId: null,
          })
        if (values['without-second-factor']) {
          const removed = await removeSecondFactor(tx, person.id)
          if (removed) await note(INSTALLATION, 'second-factor.remove')
          said.push(removed ? 'The second factor is off.' : 'There was no second factor.')
        }
        if (values['lift-rules']) {
          for (const { id, name, role, rule } of await listMemberships(tx, person.id)) {
            if (role !== 'owner' || !(rule.sso || rule.secondFactor)) continue
            await tx
              .updateTable('workspaces')
              .set({ require_sso: false, require_second_factor: false })
              .where('id', '=', id)
              .execute()
            await note(id, 'workspace.change-sign-in-rule')
            said.push(`“${name}” asks for nothing beyond a password any more.`)
          }
        }
        for (const { name, role, rule } of await listMemberships(tx, person.id)) {
          const asks = rule.sso ? 'people who come by single sign-on' : 'people with a second factor'
          if (!(rule.sso || rule.secondFactor)) continue
          const lift = role === 'owner' ? 'with --lift-rules it asks for nothing more' : 'its owner can lift that'
          said.push(`“${name}” takes only ${asks}; a password alone does not open it (${lift}).`)
        }
        const secret = newSecret()
        await insertPasswordLink(tx, {
          hash: hashSecret(secret),
          user: person.id,
          madeBy: 'command',
          vouches: values.vouch === true,
          minutes: LINK_MINUTES,
        })
        await note(INSTALLATION, 'person.recover')
        if (values.vouch === true) {
          await note(INSTALLATION, 'person.vouch')
          // Whoever is in a workspace with them finds it in their own audit log.
          for (const { id, name } of await listMemberships(tx, person.id)) {
            await note(id, 'person.vouch')
            said.push(`The audit log of “${name}” says that you vouch for ${person.name}.`)
          }
        }
        const port = config.port === 0 ? '' : `:${config.port}`
        const origin = config.publicUrl ?? readRunFile(config.dataDir)?.url ?? `http://localhost${port}`
        said.push(`Open this link once, within a day, to set a new password:\n  ${origin}${PASSWORD_PAGE}#${secret}`)
      })
      process.stdout.write(`${said.join('\n')}\n`)
    } finally {
      await database.close()
    }
  })
} catch (error) {
  fail(error)
}
