import { queryOptions } from '@tanstack/react-query'
import * as api from './api.ts'

export const waysQuery = queryOptions({
  queryKey: ['ways'],
  queryFn: ({ signal }) => api.ways({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const secondFactorQuery = queryOptions({
  queryKey: ['me', 'second-factor'],
  queryFn: ({ signal }) => api.secondFactor({ signal }),
})

export const signInRuleQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'sign-in-rule'],
    queryFn: ({ signal }) => api.signInRule(workspace, { signal }),
  })
