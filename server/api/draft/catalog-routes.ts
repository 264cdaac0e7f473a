import type { Connector } from '../../../connectors/kit/connector.ts'
import { CatalogAnswer, type ConnectorView } from '../../contract/catalog.ts'
import type { Api, AppParts } from '../http/parts.ts'

export function catalogRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/catalog',
    {
      schema: {
        summary: 'What flows can be made of: operations and connectors with the schemas of their settings',
        tags: ['catalog'],
        response: { 200: CatalogAnswer },
      },
      config: { permission: 'signed-in' },
    },
    async () => ({ operations: [...parts.catalog.values()], connectors: parts.connectors.map(viewConnector) }),
  )
}

function viewConnector(connector: Connector): ConnectorView {
  return {
    name: connector.name,
    title: connector.title,
    summary: connector.summary,
    settings: { ...connector.settings },
    logins: connector.logins.map((login) => ({
      name: login.name,
      title: login.title,
      ...(login.notice === undefined ? {} : { notice: login.notice }),
      secrets: { ...login.secrets },
      browser: login.authorize !== undefined,
    })),
    options: (connector.options ?? []).map(({ name, title, permissions }) => ({
      name,
      title,
      permissions: [...permissions],
    })),
  }
}
