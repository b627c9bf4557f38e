// PUT with progress. fetch cannot report how much of a body went out, XMLHttpRequest can.
import { Problem, type ProblemBody, type Upload } from '@/api'

export function putChunk(url: string, body: Blob, onProgress: (sent: number) => void, started: (xhr: XMLHttpRequest) => void) {
  return new Promise<{ status: number; body: Partial<Upload & ProblemBody> }>((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    started(xhr)
    xhr.open('PUT', url)
    xhr.setRequestHeader('x-imprimatur', '1')
    xhr.setRequestHeader('content-type', 'application/octet-stream')
    xhr.upload.onprogress = (e) => onProgress(e.loaded)
    xhr.timeout = 120_000
    xhr.onload = () => {
      let parsed: Partial<Upload & ProblemBody> = {}
      try {
        parsed = JSON.parse(xhr.responseText) as Upload
      } catch {
        // The status alone has to do.
      }
      resolve({ status: xhr.status, body: parsed })
    }
    xhr.onerror = xhr.ontimeout = () => reject(new Problem(0, 'no_connection', ''))
    xhr.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    xhr.send(body)
  })
}
