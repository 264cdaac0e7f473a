import type { CatalogAnswer } from '../../server/contract/catalog.ts'
import type { Operations } from '../outline.ts'

/** The catalog's operations by id. */
export const operationsOf = (catalog: CatalogAnswer): Operations =>
  new Map(catalog.operations.map((operation) => [operation.id, operation]))
