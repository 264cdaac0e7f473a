import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type Factory = NonNullable<
  NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>['buildSerializer']
>

/**
 * How answers are written: only the fields that a route's schema names leave the house. The code of an answer is made
 * when it is first written, not at start: hundreds of routes made 8 MB of it, most never called in one process, and
 * the collector walked over all of it again and again while records were moved.
 */
export const writeAnswers: Factory = (schemas, options) => {
  const compile = SerializerSelector()(schemas, options)
  return (route) => {
    let write: ((value: unknown) => string) | undefined
    return (value) => {
      write ??= compile(route)
      return write(value)
    }
  }
}
