// Turns an error into a sentence for a person: what happened, what it means, what to do. The server's own sentence wins.
import { Problem } from '@/api'
import { at } from './now'
import { t, te } from './i18n'

export function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return t('problem.unknown')
  const { code, body } = error
  if (code === 'already_decided') {
    const key = `decided.${body.decision ?? 'other'}`
    return t(te(key) ? key : 'decided.other', { name: body.decided_by || t('someone'), time: at(body.decided_at) })
  }
  if (code === 'denied') {
    const who = body.who_can?.length ? ` ${t('problem.who_can', { who: body.who_can.join(', ') })}` : ''
    return (error.message || t('problem.denied')) + who
  }
  if (code === 'no_connection') return t('problem.no_connection')
  if (error.status === 429) {
    return error.retryAfterS ? t('problem.retry_after', { n: error.retryAfterS }) : error.message || t('problem.too_many')
  }
  if (error.message) return error.message
  return te(`problem.${code}`) ? t(`problem.${code}`) : t('problem.unknown')
}

export const fieldOf = (error: unknown): string | null =>
  error instanceof Problem && error.code === 'invalid' ? (error.body.field ?? null) : null

/** It does not exist, or the person may not see it: the server tells no difference. */
export const isGone = (error: unknown): boolean => error instanceof Problem && error.status === 404
