import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify, LogController } from 'fastify'
import { connectors } from '../connectors/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { guardRoutes } from './api/http/access.ts'
import { accountRoutes } from './api/connection/account-routes.ts'
import { answerRoutes } from './api/switch/answer-routes.ts'
import { approvalRoutes } from './api/publish/approval-routes.ts'
import { createAttempts } from './api/people/attempts.ts'
import { guardAudit } from './api/http/audit.ts'
import { auditRoutes } from './api/workspace/audit-routes.ts'
import { catalogRoutes } from './api/draft/catalog-routes.ts'
import { checkRequests } from './api/http/check-requests.ts'
import { clientAdoptRoutes } from './api/client/client-adopt-routes.ts'
import { clientPushRoutes } from './api/client/client-push-routes.ts'
import { clientRoutes } from './api/client/client-routes.ts'
import { closingRoutes } from './api/workspace/closing-routes.ts'
import { connectionEndRoutes } from './api/connection/connection-end-routes.ts'
import { connectionRoutes } from './api/connection/connection-routes.ts'
import { dataRoutes } from './api/workspace/data-routes.ts'
import { deletionRoutes } from './api/workspace/deletion-routes.ts'
import { draftRoutes } from './api/draft/draft-routes.ts'
import { draftSessionRoutes } from './api/draft/draft-session-routes.ts'
import { automationRoutes } from './api/switch/automation-routes.ts'
import { backfillRoutes } from './api/run/backfill-routes.ts'
import { answerErrors } from './api/http/error-answers.ts'
import { dryRunRoutes } from './api/run/dry-run-routes.ts'
import { effectRoutes } from './api/exception/effect-routes.ts'
import { exceptionCareRoutes } from './api/exception/exception-care-routes.ts'
import { exceptionRoutes } from './api/exception/exception-routes.ts'
import { fileRoutes } from './api/workspace/file-routes.ts'
import { causeRoutes } from './api/exception/cause-routes.ts'
import { fleetRoutes } from './api/client/fleet-routes.ts'
import { flowDeleteRoutes } from './api/draft/flow-delete-routes.ts'
import { flowRoutes } from './api/draft/flow-routes.ts'
import { flowTemplateRoutes } from './api/draft/flow-template-routes.ts'
import { forecastRoutes } from './api/switch/forecast-routes.ts'
import { hangUp } from './api/http/hang-up.ts'
import { healthRoutes } from './api/operations/health-routes.ts'
import { hookIntakeRoutes } from './api/hook/hook-intake-routes.ts'
import { hookRoutes } from './api/hook/hook-routes.ts'
import { MAX_BODY, takeOnlyJson } from './api/http/json-body.ts'
import { joiningRoutes } from './api/people/joining-routes.ts'
import { laneRoutes } from './api/run/lane-routes.ts'
import { letterRoutes } from './api/switch/letter-routes.ts'
import { leaseRoutes } from './api/draft/lease-routes.ts'
import { memberRoutes } from './api/people/member-routes.ts'
import { alertRoutes } from './api/alert/alert-routes.ts'
import { masterRoutes } from './api/client/master-routes.ts'
import { takeMeasures } from './api/operations/measures.ts'
import { metricsRoutes } from './api/operations/metrics-routes.ts'
import { nowRoutes } from './api/exception/now-routes.ts'
import { noticeRoutes } from './api/alert/notice-routes.ts'
import { oauthRoutes } from './api/connection/oauth-routes.ts'
import { describeApi, showApi } from './api/http/openapi.ts'
import { operationsRoutes } from './api/operations/operations-routes.ts'
import { optionRoutes } from './api/connection/option-routes.ts'
import { ownRoutes } from './api/people/own-routes.ts'
import { type Api, type AppParts, limitStatements } from './api/http/parts.ts'
import { passwordRoutes } from './api/people/password-routes.ts'
import { previewRoutes } from './api/draft/preview-routes.ts'
import { ApiProblem } from './api/http/problems.ts'
import { payloadRoutes } from './api/run/payload-routes.ts'
import { payloadSearchRoutes } from './api/run/payload-search-routes.ts'
import { limitPipelining } from './api/http/pipelining.ts'
import { policyRoutes } from './api/workspace/policy-routes.ts'
import { takePlainRequests } from './api/http/plain-requests.ts'
import { proofRoutes } from './api/people/proof-routes.ts'
import { recordRoutes } from './api/run/record-routes.ts'
import { reportRoutes } from './api/switch/report-routes.ts'
import { countRequests } from './api/http/request-counts.ts'
import { rerunRoutes } from './api/run/rerun-routes.ts'
import { periodDocumentRoutes } from './api/period/period-document-routes.ts'
import { periodRoutes } from './api/period/period-routes.ts'
import { resyncRoutes } from './api/run/resync-routes.ts'
import { runControlRoutes } from './api/run/run-control-routes.ts'
import { runEventRoutes } from './api/run/run-event-routes.ts'
import { runRoutes } from './api/run/run-routes.ts'
import { sendSecurityHeaders } from './api/http/security-headers.ts'
import { nodeMemoryRoutes } from './api/draft/node-memory-routes.ts'
import { waitingRoutes } from './api/run/waiting-routes.ts'
import { sampleRoutes } from './api/draft/sample-routes.ts'
import { scheduleRoutes } from './api/switch/schedule-routes.ts'
import { secondFactorRoutes } from './api/people/second-factor-routes.ts'
import { sessionRoutes } from './api/people/session-routes.ts'
import { setupRoutes } from './api/people/setup-routes.ts'
import { signInRuleRoutes } from './api/people/sign-in-rule-routes.ts'
import { signOffRoutes } from './api/period/sign-off-routes.ts'
import { ssoRoutes } from './api/people/sso-routes.ts'
import { suppressionRoutes } from './api/exception/suppression-routes.ts'
import { switchRoutes } from './api/switch/switch-routes.ts'
import { switchingRoutes } from './api/switch/switching-routes.ts'
import { turnOnRoutes } from './api/switch/turn-on-routes.ts'
import { templateRoutes } from './api/publish/template-routes.ts'
import { whatIfRoutes } from './api/publish/what-if-routes.ts'
import { loadTemplates } from './api/flow/templates.ts'
import { tellLocked } from './api/people/tell-locked.ts'
import { traceRoutes } from './api/workspace/trace-routes.ts'
import { versionRoutes } from './api/publish/version-routes.ts'
import { serveWebApp } from './api/web-app.ts'
import { workspaceRoutes } from './api/workspace/workspace-routes.ts'
import { writeAnswers } from './api/http/write-answers.ts'
import { API } from './contract/paths.ts'
import type { Template } from './flow/document/template.ts'
import { httpLog } from './log.ts'

/** The HTTP side of the product, not listening yet. Starting it fails if a route declares no permission. */
export async function buildApp(
  given: Omit<AppParts, 'connectors'> &
    Partial<Pick<AppParts, 'connectors'>> & { readonly templates?: ReadonlyMap<string, Template> },
): Promise<Api> {
  const parts: AppParts = { connectors, ...given }
  const templates = given.templates ?? loadTemplates()
  const api: Api = fastify({
    logger: httpLog(parts.config.logLevel),
    // Fastify's own lines have the whole address, and the one of the OAuth callback holds a code.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY,
    requestTimeout: 60_000,
    // Of a connection over which nothing moves: whoever takes nothing of an answer for so long is hung up. More than the
    // longest silence before an answer, in milliseconds.
    connectionTimeout: 300_000,
    // Else everybody behind a proxy shares one address: in the limits of signing in, and in the audit log.
    trustProxy: parts.config.trustedProxies?.length ? [...parts.config.trustedProxies] : false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: { buildSerializer: writeAnswers } },
  }).withTypeProvider<TypeBoxTypeProvider>()

  const attempts = createAttempts((account) => {
    void tellLocked(parts, account).catch((error: unknown) => api.log.error({ err: error }, 'mail was not sent'))
  })

  api.addHook('onResponse', async (request, reply) => {
    const { method, id, routeOptions } = request
    request.log.info(
      { method, route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime), requestId: id },
      'answered',
    )
  })
  limitStatements(api, parts)
  limitPipelining(api)
  hangUp(api)
  answerErrors(api)
  takePlainRequests(api)
  checkRequests(api)
  takeOnlyJson(api)
  sendSecurityHeaders(api)
  await api.register(cookie)
  await api.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) =>
      new ApiProblem('RATE_LIMITED', 'Too many attempts from this address. Wait a moment.', {
        retryAfterSeconds: Math.ceil(ttl / 1000),
      }),
  })
  takeMeasures(api, parts, countRequests(api))
  guardRoutes(api, parts)
  guardAudit(api)
  await describeApi(api, packageJson.version)
  await api.register(
    async (scope: Api) => {
      setupRoutes(scope, parts)
      sessionRoutes(scope, parts, attempts)
      proofRoutes(scope, parts, attempts)
      secondFactorRoutes(scope, parts, attempts)
      signInRuleRoutes(scope, parts)
      ssoRoutes(scope, parts)
      passwordRoutes(scope, parts)
      ownRoutes(scope, parts, attempts)
      letterRoutes(scope, parts)
      joiningRoutes(scope, parts)
      workspaceRoutes(scope, parts)
      fleetRoutes(scope, parts)
      causeRoutes(scope, parts)
      metricsRoutes(scope, parts)
      memberRoutes(scope, parts)
      flowRoutes(scope, parts)
      draftRoutes(scope, parts)
      draftSessionRoutes(scope, parts)
      leaseRoutes(scope, parts)
      previewRoutes(scope, parts)
      versionRoutes(scope, parts)
      approvalRoutes(scope, parts)
      switchRoutes(scope, parts)
      switchingRoutes(scope, parts)
      turnOnRoutes(scope, parts)
      dryRunRoutes(scope, parts)
      sampleRoutes(scope, parts)
      automationRoutes(scope, parts)
      reportRoutes(scope, parts)
      answerRoutes(scope, parts)
      policyRoutes(scope, parts)
      nodeMemoryRoutes(scope, parts)
      waitingRoutes(scope, parts)
      scheduleRoutes(scope, parts)
      templateRoutes(scope, parts, templates)
      whatIfRoutes(scope, parts, templates)
      flowTemplateRoutes(scope, parts, templates)
      clientRoutes(scope, parts)
      flowDeleteRoutes(scope, parts)
      clientPushRoutes(scope, parts)
      clientAdoptRoutes(scope, parts)
      masterRoutes(scope, parts)
      runRoutes(scope, parts)
      runEventRoutes(scope, parts)
      payloadRoutes(scope, parts)
      payloadSearchRoutes(scope, parts)
      runControlRoutes(scope, parts)
      rerunRoutes(scope, parts)
      backfillRoutes(scope, parts)
      resyncRoutes(scope, parts)
      periodRoutes(scope, parts)
      signOffRoutes(scope, parts)
      periodDocumentRoutes(scope, parts)
      recordRoutes(scope, parts)
      traceRoutes(scope, parts)
      dataRoutes(scope, parts)
      closingRoutes(scope, parts)
      deletionRoutes(scope, parts)
      auditRoutes(scope, parts)
      laneRoutes(scope, parts)
      nowRoutes(scope, parts)
      operationsRoutes(scope, parts)
      effectRoutes(scope, parts)
      exceptionRoutes(scope, parts)
      exceptionCareRoutes(scope, parts)
      noticeRoutes(scope, parts)
      alertRoutes(scope, parts)
      suppressionRoutes(scope, parts)
      fileRoutes(scope, parts)
      forecastRoutes(scope, parts)
      hookRoutes(scope, parts)
      connectionRoutes(scope, parts)
      connectionEndRoutes(scope, parts)
      optionRoutes(scope, parts)
      oauthRoutes(scope, parts)
      accountRoutes(scope, parts)
      catalogRoutes(scope, parts)
      healthRoutes(scope, parts, packageJson.version)
    },
    { prefix: API },
  )
  hookIntakeRoutes(api, parts)
  metricsRoutes(api, parts, true)
  await showApi(api)
  await serveWebApp(api, parts.webRoot)
  return api
}
