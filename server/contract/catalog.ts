import { type Static, Type } from 'typebox'
import type { OperationInfo } from '../flow/catalog/catalog.ts'
import { JsonObject, strict } from './shared.ts'

/** The shape is the one of server/flow/catalog/catalog.ts, which the editor hands to `validate`. */
const OperationView = Type.Unsafe<OperationInfo>({ type: 'object', additionalProperties: true })

export const LoginView = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    /** Shown with the choice, for example a sunset date. */
    notice: Type.Optional(Type.String()),
    /** JSON Schema of the secret fields. */
    secrets: JsonObject,
    /** Signs in through the browser (OAuth code flow): use `authorize`. */
    browser: Type.Boolean(),
  },
  strict,
)

export const ConnectorView = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    summary: Type.String(),
    /** JSON Schema of a connection's settings. */
    settings: JsonObject,
    logins: Type.Array(LoginView),
    /** What settings marked `x-options` choose from; asked of a connection. */
    options: Type.Array(
      Type.Object({ name: Type.String(), title: Type.String(), permissions: Type.Array(Type.String()) }, strict),
    ),
  },
  strict,
)
export type ConnectorView = Static<typeof ConnectorView>
export type LoginView = Static<typeof LoginView>

/** `GET /catalog` */
export const CatalogAnswer = Type.Object(
  { operations: Type.Array(OperationView), connectors: Type.Array(ConnectorView) },
  strict,
)
export type CatalogAnswer = Static<typeof CatalogAnswer>
