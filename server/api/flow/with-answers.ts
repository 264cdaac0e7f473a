import type { Transaction } from 'kysely'
import { answered, formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { checkAnswers, settledAnswers } from '../../flow/document/form.ts'
import { findAnswers } from '../../store/flow/answers.ts'
import type { Database } from '../../store/database/schema.ts'
import { ApiProblem } from '../http/problems.ts'

/**
 * A version with the answers to its form in their places.
 * @throws ApiProblem ANSWERS_MISSING; not if `asItIs`, where a sample stands in for an answer that is missing.
 */
export async function withAnswers(
  tx: Transaction<Database>,
  workspace: string,
  flow: string,
  version: Flow,
  asItIs = false,
): Promise<Flow> {
  const form = formOf(version)
  if (form.length === 0) return version
  const answers = settledAnswers(form, (await findAnswers(tx, workspace, flow))?.answers ?? {})
  const problems = asItIs ? [] : checkAnswers(form, answers)
  if (problems[0]) throw new ApiProblem('ANSWERS_MISSING', problems[0].message, { problems })
  return answered(version, answers)
}
