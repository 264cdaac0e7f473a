import { type Static, type TSchema, Type } from 'typebox'
import { PROBLEM_CODES, type ProblemCode } from '../flow/schema/problem.ts'

// What several resources of the API have in common. The editor imports these types; the server checks by the schemas.

/** Requests refuse fields they do not know; answers carry nothing but what is declared. */
export const strict = { additionalProperties: false } as const

export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])

export const Id = Type.String({ format: 'uuid' })
/** ISO 8601 in UTC. */
export const Timestamp = Type.String({ format: 'date-time' })
export const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })

/** A JSON object of any content: a record, settings, a JSON Schema. */
export const JsonObject = Type.Unsafe<{ readonly [name: string]: unknown }>({
  type: 'object',
  additionalProperties: true,
})
/** Any JSON value. */
export const Json = Type.Unsafe<unknown>({})

/** Whole numbers by name: records by port and by what became of them. */
export const ErrorText = Type.Optional(
  Type.String({
    ...{ minLength: 1, maxLength: 200, pattern: '\\S' },
    description: 'Failed, and this stands in the words of the error, as they are shown; case does not matter.',
  }),
)
export const Counts = Type.Unsafe<{ readonly [name: string]: number }>({
  type: 'object',
  additionalProperties: { type: 'integer' },
})

export const WorkspaceParams = Type.Object({ workspace: Id }, strict)

/** The longest page of any list. */
export const MAX_PAGE = 200

/** Paging from new to old: `cursor` is the `next` of the page before. */
export const PageQuery = {
  cursor: Type.Optional(Type.String({ format: 'uuid', description: 'The `next` of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
}

export const PageOf = <S extends TSchema>(item: S) =>
  Type.Object(
    { items: Type.Array(item), next: Nullable(Type.String({ description: 'Null on the last page.' })) },
    strict,
  )

/** Of a list in which a text is looked for: the search ends after so many that fit, and `next` says where it goes on. */
export const SearchedPageOf = <S extends TSchema>(item: S) =>
  Type.Object(
    {
      ...PageOf(item).properties,
      looked: Type.Optional(
        Type.Object(
          {
            count: Type.Integer({ minimum: 1, description: 'So many that fit otherwise were looked at.' }),
            back: Type.String({ format: 'date-time', description: 'Back to this time.' }),
          },
          { ...strict, description: 'There where not all that fits was looked at: `next` says where to go on.' },
        ),
      ),
    },
    strict,
  )

/** An exact decimal as text, such as `1250.00` or `-0.5`: of a number of the database. */
export const Decimal = Type.String({ pattern: '^-?[0-9]+(?:\\.[0-9]+)?$' })

/** Something wrong with a flow, as `server/flow` words it. */
export const FlowProblem = Type.Object(
  {
    // The keys of a table with literal keys are exactly its codes.
    code: Type.Enum(Object.keys(PROBLEM_CODES) as ProblemCode[]),
    severity: Type.Enum(['error', 'warning']),
    node: Type.Optional(Type.String()),
    edge: Type.Optional(Type.String()),
    field: Type.Optional(Type.String()),
    position: Type.Optional(Type.Integer()),
    message: Type.String(),
    fix: Type.Optional(Type.Object({ from: Type.String(), to: Type.String() }, strict)),
  },
  strict,
)
export type FlowProblem = Static<typeof FlowProblem>

/** One refused field of a request. */
export const FieldProblem = Type.Object(
  { field: Type.String({ description: 'Place within the request, such as `body.name`.' }), message: Type.String() },
  strict,
)
export type FieldProblem = Static<typeof FieldProblem>

/** Every error of the API (RFC 9457, `application/problem+json`). `code` is one of server/api/http/problems.ts. */
export const ProblemDetails = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    requestId: Type.String(),
    /** What is wrong with the flow, or with the fields of the request. */
    problems: Type.Optional(Type.Array(Type.Union([FlowProblem, FieldProblem]))),
    /** With DRAFT_CONFLICT: the draft as it stands on the server. */
    current: Type.Optional(Json),
  },
  strict,
)
export type ProblemDetails = Static<typeof ProblemDetails>
