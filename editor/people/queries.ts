import { queryOptions } from '@tanstack/react-query'
import * as rest from '../api.ts'
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

export const invitationsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'invitations'],
    queryFn: ({ signal }) => rest.invitations(workspace, { signal }),
  })

export const ownSessionsQuery = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: ({ signal }) => rest.ownSessions({ signal }),
})
