import { QueryObserver } from '@tanstack/vue-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import { invalidate, queryClient, refresh } from './query'

const jobs = ['jobs', 'needs_approval']
const list = () => queryClient.getQueryData(jobs)
const soon = () => new Promise((resolve) => setTimeout(resolve))

/** A list of which each answer is given by hand, and is what the server had when it was asked. */
function board() {
  let items = 'one'
  const open: ((how?: unknown) => void)[] = []
  const ask = vi.fn(() => {
    const now = items
    return new Promise((resolve, reject) => open.push((problem) => (problem ? reject(problem as Error) : resolve(now))))
  })
  const close = new QueryObserver(queryClient, { queryKey: jobs, queryFn: ask, retry: false }).subscribe(() => {})
  const answer = (problem?: unknown) => (open.shift()?.(problem), soon())
  return { ask, close, answer, becomes: (what: string) => (items = what) }
}

describe('news during a first load', () => {
  afterEach(() => queryClient.clear())

  it('is asked for once more when the answer is there, however often it was told', async () => {
    const { ask, answer, becomes } = board()
    becomes('two')
    refresh(['jobs'])
    refresh(['jobs'])
    invalidate()
    await answer()
    expect(list()).toBe('one')
    expect(ask).toHaveBeenCalledTimes(2)
    await answer()
    expect(list()).toBe('two')
    expect(ask).toHaveBeenCalledTimes(2)
  })
  it('is asked for once more after a failure, but not for what is gone', async () => {
    const { ask, answer } = board()
    refresh(['jobs'])
    await answer(new Problem(500, 'internal', ''))
    expect(ask).toHaveBeenCalledTimes(2)
    refresh(['jobs'])
    await answer(new Problem(404, 'not_found', ''))
    expect(ask).toHaveBeenCalledTimes(2)
  })
  it('is not asked for when nobody looks any more, but the list is old', async () => {
    const { ask, answer, close } = board()
    close()
    refresh(['jobs'])
    await answer()
    expect(ask).toHaveBeenCalledTimes(1)
    expect(queryClient.getQueryState(jobs)?.isInvalidated).toBe(true)
  })
  it('begins a later load anew at once', async () => {
    const { ask, answer, becomes } = board()
    await answer()
    refresh(['jobs'])
    await soon()
    becomes('two')
    refresh(['jobs'])
    await soon()
    expect(ask).toHaveBeenCalledTimes(3)
    await answer()
    await answer()
    expect(list()).toBe('two')
    expect(ask).toHaveBeenCalledTimes(3)
  })
})
