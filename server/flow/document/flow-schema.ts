import { Flow } from './flow.ts'
import type { Schema } from '../schema/schema.ts'

/** JSON Schema of the stored format, plain data: for the API's documentation, editors of flow files, and `readFlow`. */
export const flowSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Tieline flow',
  ...JSON.parse(JSON.stringify(Flow)),
}
