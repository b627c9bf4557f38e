// A person who has only a keyboard. Every stop of the focus is judged: the ring shows, nothing lies over it, and it has a
// name for those who cannot see it.
import { check, sleep, until } from './story.mjs'

const TABBABLE = 'a[href], button, input, select, textarea, summary, [tabindex]'

/** In the page: how everything looks that could take the focus, so that the ring can be told from what was there before. */
function remember(selector) {
  const look = (element) => {
    const style = getComputedStyle(element)
    return `${style.outlineStyle === 'none' ? '' : `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`}|${style.boxShadow}`
  }
  const rest = new WeakMap()
  for (const element of document.querySelectorAll(`${selector}, article`)) if (!element.matches(':focus-within')) rest.set(element, look(element))
  window.atRest = { rest, look }
}

/** In the page: what has the focus, and what is wrong with it. */
function judge() {
  const element = document.activeElement
  if (!element || element === document.body) return { lost: true }
  const wrong = []
  // The content of a page takes the focus after a change of page, but it is no control and shows no ring.
  const operable = element.tabIndex >= 0 || element.matches('[role=menuitem], [role=menuitemradio]')
  const { rest, look } = window.atRest ?? {}
  // A card shows the ring of the link that covers it.
  const bearers = [element, element.closest('article')].filter(Boolean)
  const ring = bearers.some((one) => {
    const style = getComputedStyle(one)
    const drawn = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1.5) || style.boxShadow !== 'none'
    return drawn && (rest?.has(one) ? rest.get(one) !== look(one) : style.outlineStyle !== 'none')
  })
  if (operable && !ring) wrong.push('no focus ring')
  const box = element.getClientRects()[0] ?? element.getBoundingClientRect()
  if (box.width < 2 || box.height < 2) wrong.push(`has no size (${box.width} x ${box.height})`)
  const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
  const points = [middle, [box.left + 2, middle[1]], [box.right - 2, middle[1]], [middle[0], box.top + 2], [middle[0], box.bottom - 2]]
  const tooTall = box.height > innerHeight * 0.6
  for (const [x, y] of tooTall ? points.slice(0, 1) : points) {
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) {
      wrong.push(`outside of the window at ${Math.round(x)}, ${Math.round(y)}`)
      break
    }
    const top = document.elementFromPoint(x, y)
    if (top && (element.contains(top) || top.contains(element) || top.closest('label')?.control === element)) continue
    wrong.push(`behind ${top?.tagName.toLowerCase()}.${top?.className} at ${Math.round(x)}, ${Math.round(y)}`)
    break
  }
  return {
    wrong,
    id: element.dataset.testid ?? element.closest('[data-testid]')?.dataset.testid ?? '',
    tag: element.tagName.toLowerCase(),
    html: element.cloneNode(false).outerHTML.slice(0, 160),
    inDialog: element.closest('[role=dialog], [role=alertdialog]') !== null,
    operable,
  }
}

/** In the page: what can be operated. Of radio buttons one stands for its group. */
function operable(selector) {
  const all = [...document.querySelectorAll(selector)].filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }))
  const taken = (one, at) => one.type !== 'radio' || one.checked || !all.some((other, i) => other.type === 'radio' && other.name === one.name && (other.checked || i < at))
  return all.filter(taken)
}

export class Keyboard {
  constructor(page, cdp) {
    Object.assign(this, { page, cdp, stops: 0 })
  }

  static async of({ context, page }) {
    return new Keyboard(page, await context.newCDPSession(page))
  }

  /** The name that the browser gives to a reader of the screen. */
  async name() {
    // What came into the page a moment ago may have no name yet.
    for (let tries = 0; ; tries += 1) {
      const { result } = await this.cdp.send('Runtime.evaluate', { expression: 'document.activeElement' })
      const { nodes } = await this.cdp.send('Accessibility.getPartialAXTree', { objectId: result.objectId, fetchRelatives: false })
      const name = nodes[0]?.name?.value ?? ''
      if (name.trim() || tries === 10) return name
      await sleep(100)
    }
  }

  /** Presses keys one after another, as a person does. */
  async press(...keys) {
    for (const key of keys) {
      await this.page.evaluate(remember, TABBABLE)
      await this.page.keyboard.press(key)
    }
  }

  async type(text) {
    await this.page.keyboard.type(text)
  }

  /** Where the focus is. Fails if a person could not see it, or not know what it is. */
  async stop() {
    const at = await this.step()
    check(`${new URL(this.page.url()).pathname}: the focus is somewhere`, at)
    return at
  }

  /** The same, or nothing if the focus is in the browser: after the last control Tab leads there, then to the first. */
  async step() {
    const at = await this.page.evaluate(judge)
    if (at.lost) return undefined
    const path = new URL(this.page.url()).pathname
    at.name = at.operable ? await this.name() : ''
    if (at.operable && !at.name.trim()) at.wrong.push('no accessible name')
    check(`${path}: ${at.html} "${at.name}"`, at.wrong.length === 0, at.wrong.join('; '))
    this.stops += 1
    return at
  }

  /** Tabs until a control of this name or test id has the focus; judges every control on the way. */
  async to(wanted, { back = false, most = 60 } = {}) {
    const fits = (at) => (wanted instanceof RegExp ? wanted.test(at.name) : at.id === wanted)
    const seen = []
    for (let i = 0; i < most; i += 1) {
      await this.press(back ? 'Shift+Tab' : 'Tab')
      const at = await this.step()
      if (at?.operable && fits(at)) return at
      seen.push(at ? at.name : '(the browser)')
    }
    throw new Error(`Tab does not lead to ${wanted}; it led to ${seen.join(' | ')}`)
  }

  focused = () => this.page.evaluateHandle(() => document.activeElement)
  isAt = (element) => this.page.evaluate((one) => document.activeElement === one, element)

  /** Walks once around through everything; nothing that can be operated may be left out. */
  async around(most = 80) {
    // Others work meanwhile: what comes and goes on the way does not count.
    const before = await this.page.evaluateHandle(operable, TABBABLE)
    const been = await this.page.evaluateHandle(() => new Set())
    const fresh = () => been.evaluate((set) => !set.has(document.activeElement) && Boolean(set.add(document.activeElement)))
    let again = true
    for (let i = 0; i < most; i += 1) {
      await this.press('Tab')
      if ((await this.step()) && (await fresh())) continue
      const after = await this.page.evaluateHandle(operable, TABBABLE)
      const left = await this.page.evaluate(
        ([all, still, set]) => all.filter((one) => still.includes(one) && !set.has(one)).map((one) => one.cloneNode(false).outerHTML.slice(0, 120)),
        [before, after, been],
      )
      // A control that vanished under the focus looks like the end of the way: one more step tells.
      if (left.length > 0 && again) {
        again = false
        await sleep(100)
        continue
      }
      check('Tab leads everywhere', left.length === 0, left.join(', '))
      return i
    }
    throw new Error(`Tab did not come around in ${most} steps`)
  }

  /** The focus was taken along: it is in the page, not back at the beginning of the document. */
  async kept(after) {
    await until(`the focus to be in the page after ${after}`, () => this.page.evaluate(() => document.activeElement && document.activeElement !== document.body && document.activeElement.isConnected), 15)
  }

  /** A dialog holds the focus in both directions; Escape closes it and gives the focus back to where it was. */
  async dialog(testid, open) {
    const before = await this.page.evaluateHandle(() => document.activeElement)
    await open()
    const dialog = this.page.getByTestId(testid)
    await dialog.waitFor()
    await until(`the focus to be in ${testid}`, () => this.page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null), 15)
    const first = await this.stop()
    check(`${testid} begins at one of its controls`, first.operable, first.html)
    const controls = await dialog.locator(TABBABLE).count()
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let i = 0; i <= controls; i += 1) {
        await this.press(key)
        const at = await this.stop()
        check(`${key} stays in ${testid}`, at.inDialog, at.html)
      }
    }
    await this.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await until(`the focus to come back from ${testid}`, () => this.page.evaluate((element) => document.activeElement === element, before), 15)
    await this.stop()
  }
}
