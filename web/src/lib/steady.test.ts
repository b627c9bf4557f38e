// The list that does not jump.
import { describe, expect, it } from 'vitest'
import type { Job } from '@/api/types'
import { merge } from './steady'

const job = (id: string) => ({ id }) as Job
const rows = (...ids: string[]) => ids.map((id) => ({ job: job(id), goneAt: null }))
const shape = (list: { job: Job; goneAt: number | null }[]) => list.map((r) => (r.goneAt === null ? r.job.id : `(${r.job.id})`))

describe('merge', () => {
  it('keeps order and collects new jobs while a person is in the list', () => {
    const out = merge(rows('a', 'b'), [job('n'), job('b'), job('a')], true, 1)
    expect(shape(out.rows)).toEqual(['a', 'b'])
    expect(out.fresh.map((j) => j.id)).toEqual(['n'])
  })
  it('greys a decided job in place', () => {
    expect(shape(merge(rows('a', 'b', 'c'), [job('a'), job('c')], true, 1).rows)).toEqual(['a', '(b)', 'c'])
    expect(shape(merge(rows('a', 'b', 'c'), [job('a'), job('c')], false, 1).rows)).toEqual(['a', '(b)', 'c'])
  })
  it('takes the order of the server when nobody is in the list', () => {
    const out = merge(rows('a', 'b'), [job('b'), job('a'), job('n')], false, 1)
    expect(shape(out.rows)).toEqual(['b', 'a', 'n'])
    expect(out.fresh).toEqual([])
  })
  it('brings a job back when its decision is undone', () => {
    const gone = [{ job: job('a'), goneAt: 5 }, { job: job('b'), goneAt: null }]
    expect(shape(merge(gone, [job('a'), job('b')], true, 9).rows)).toEqual(['a', 'b'])
  })
})
