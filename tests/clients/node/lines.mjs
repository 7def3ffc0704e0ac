// Commands in, answers out, one JSON object a line.
//
// Python writes {"do": name, ...arguments}. The answer is {"answer": value} when the library is
// content, {"refused": {...}} when the library or the server refuses.

import { createInterface } from 'node:readline'

async function refusal(error) {
  const body = error.response?.bodyUsed === false ? await error.response.json().catch(() => ({})) : {}
  return {
    library_error: error.name,
    library_code: error.code ?? null,
    message: error.message,
    error: error.error ?? error.cause?.error ?? error.cause?.[0]?.parameters?.error ?? body.error ?? null,
    description: error.error_description ?? error.cause?.error_description ?? body.error_description ?? null,
    status: error.status ?? error.response?.status ?? error.cause?.status ?? null,
  }
}

// The JSON of an API's answer. What is no success is thrown, for the refusal to tell of it.
export async function json(response) {
  if (!response.ok) throw Object.assign(new Error(`the API answered ${response.status}`), { response })
  return response.json()
}

export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...given } = JSON.parse(line)
    let said
    try {
      said = { answer: (await operations[name](given)) ?? null }
    } catch (error) {
      said = { refused: await refusal(error) }
    }
    process.stdout.write(`${JSON.stringify(said)}\n`)
  }
}
