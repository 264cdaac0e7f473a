import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Value } from 'typebox/value'
import type { Connector } from '../../../connectors/kit/connector.ts'
import { answered } from '../../flow/document/answers.ts'
import type { Catalog } from '../../flow/catalog/catalog.ts'
import { readFlow } from '../../flow/document/read.ts'
import { Template } from '../../flow/document/template.ts'
import { permissionsOfNames } from './named-needs.ts'

const FOLDER = fileURLToPath(new URL('../../templates', import.meta.url))

/** Prebuilt flows by id, in the order of their keys. They come with the product and do not change while it runs. */
export function loadTemplates(folder = FOLDER): ReadonlyMap<string, Template> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const templates = files.map((file) => readTemplate(file, readFileSync(join(folder, file), 'utf8')))
  return new Map(templates.sort((a, b) => (a.key < b.key ? -1 : 1)).map((template) => [template.id, template]))
}

function readTemplate(file: string, text: string): Template {
  const document: unknown = JSON.parse(text)
  const flow: unknown =
    typeof document === 'object' && document !== null && 'flow' in document ? document.flow : undefined
  const read = readFlow(JSON.stringify(flow ?? null))
  if (!read.ok) throw new Error(`The flow of the template ${file} cannot be read: ${read.problems[0]?.message}`)
  const template = { ...(document as object), flow: read.flow }
  const [error] = Value.Errors(Template, template)
  if (error) throw new Error(`The template ${file} is wrong at ${error.instancePath || 'its top'}: ${error.message}`)
  const whole = template as Template // as the schema says
  if (`${whole.id}.json` !== file) throw new Error(`The template ${file} calls itself ${whole.id}.`)
  return whole
}

/** What each slot of a template needs of its account, with its usual answers: the permissions of all its operations. */
export function permissionsOf(
  template: Template,
  { catalog, connectors }: { readonly catalog: Catalog; readonly connectors: readonly Connector[] },
) {
  const flow = answered(template.flow)
  return Object.entries(flow.slots).map(([slot, { connector, title }]) => {
    const { options = [] } = connectors.find(({ name }) => name === connector) ?? {}
    const permissions = new Set(
      flow.nodes
        .filter((node) => node.slot === slot)
        .flatMap(({ operation, settings }) => {
          const info = catalog.get(operation)
          return [...(info?.permissions ?? []), ...permissionsOfNames(info, options, settings)]
        }),
    )
    return { slot, connector, title, permissions: [...permissions].sort() }
  })
}
