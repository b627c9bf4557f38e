import { QueryObserver } from '@tanstack/vue-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, Problem, type Page, type Printer } from '@/api'
import { printerChanged } from './printerNews'
import { keys, queryClient } from './query'

const printer = (id: string, name = id) => ({ id, name }) as Printer
const board = () => queryClient.getQueryData<Page<Printer>>(keys.printers)?.items.map((p) => p.name)
const whole = vi.fn(() => Promise.resolve({ items: Array.from({ length: 20 }, (_, n) => printer(`p${n}`)), next: null }))
let close = () => {}
let began = 1_000_000_000

describe('news of printers', () => {
  beforeEach(async () => {
    vi.useFakeTimers({ now: (began += 1_000_000) })
    vi.stubGlobal('window', globalThis)
    vi.spyOn(api, 'printer').mockImplementation((id) => Promise.resolve(printer(id, `${id} anew`)))
    close = new QueryObserver(queryClient, { queryKey: keys.printers, queryFn: whole }).subscribe(() => {})
    await vi.advanceTimersByTimeAsync(10_000)
    whole.mockClear()
  })
  afterEach(async () => {
    await vi.advanceTimersByTimeAsync(10_000)
    close()
    queryClient.clear()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('asks for the one printer that it is about, and puts it into the board', async () => {
    printerChanged('p3')
    await vi.advanceTimersByTimeAsync(300)
    expect(api.printer).toHaveBeenCalledExactlyOnceWith('p3')
    expect(board()?.slice(2, 5)).toEqual(['p2', 'p3 anew', 'p4'])
    expect(whole).not.toHaveBeenCalled()
  })
  it('asks at most once in two seconds, however much is told', async () => {
    for (let ms = 0; ms < 6000; ms += 20) {
      printerChanged('p3')
      await vi.advanceTimersByTimeAsync(20)
    }
    expect(vi.mocked(api.printer).mock.calls.length).toBeLessThanOrEqual(4)
    expect(vi.mocked(api.printer).mock.calls.length).toBeGreaterThanOrEqual(3)
  })
  it('asks for the board once when many have changed, or one that is not named', async () => {
    for (let n = 0; n < 10; n += 1) printerChanged(`p${n}`)
    await vi.advanceTimersByTimeAsync(300)
    expect(whole).toHaveBeenCalledTimes(1)
    printerChanged()
    await vi.advanceTimersByTimeAsync(2100)
    expect(whole).toHaveBeenCalledTimes(2)
    expect(api.printer).not.toHaveBeenCalled()
  })
  it('asks for nothing that nobody looks at', async () => {
    printerChanged('elsewhere')
    await vi.advanceTimersByTimeAsync(300)
    close()
    printerChanged('p3')
    await vi.advanceTimersByTimeAsync(3000)
    expect(api.printer).not.toHaveBeenCalled()
    expect(whole).not.toHaveBeenCalled()
    expect(queryClient.getQueryState(keys.printers)?.isInvalidated).toBe(true)
  })
  it('asks for the board when a printer is not there any more', async () => {
    vi.mocked(api.printer).mockRejectedValue(new Problem(404, 'not_found', ''))
    printerChanged('p3')
    await vi.advanceTimersByTimeAsync(300)
    expect(whole).toHaveBeenCalledTimes(1)
  })
  it('waits for a list that is under way, which may be older than the news', async () => {
    for (const began of ['anew', 'for the first time']) {
      if (began === 'for the first time') queryClient.removeQueries({ queryKey: keys.printers })
      let answer = () => {}
      whole.mockClear()
      vi.mocked(api.printer).mockClear()
      whole.mockImplementationOnce(() => new Promise((resolve) => (answer = () => resolve({ items: [printer('p3', 'p3 before')], next: null }))))
      const look = new QueryObserver(queryClient, { queryKey: keys.printers, queryFn: whole, staleTime: 0 }).subscribe(() => {})
      printerChanged('p3')
      await vi.advanceTimersByTimeAsync(5000)
      expect(api.printer).not.toHaveBeenCalled()
      answer()
      await vi.advanceTimersByTimeAsync(3000)
      expect(board()).toEqual(['p3 anew'])
      expect(whole).toHaveBeenCalledTimes(1)
      look()
    }
  })
})
