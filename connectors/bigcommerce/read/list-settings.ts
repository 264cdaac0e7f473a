import { Type } from 'typebox'
import { MOST_OF_A_PAGE } from './pages.ts'

export const ChangedSince = Type.String({
  title: 'Since',
  description: 'Day at which a first run starts, such as 2026-01-31; empty: at the beginning.',
  pattern: '^(\\d{4}-\\d{2}-\\d{2})?$',
  default: '',
})

export const PageSize = Type.Integer({
  title: 'Records of a page',
  minimum: 1,
  maximum: MOST_OF_A_PAGE,
  default: MOST_OF_A_PAGE,
})
