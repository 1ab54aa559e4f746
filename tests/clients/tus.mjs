// Uploads what it is told, one line of JSON each, by tus-js-client; answers with one line each. For tus.py.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { Upload } from "tus-js-client";

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const said = await new Promise((resolve) => {
    const upload = new Upload(readFileSync(job.file), {
      endpoint: job.endpoint,
      chunkSize: job.chunk,
      retryDelays: [20, 50, 100, 200, 400],
      headers: { Authorization: `Bearer ${job.token}` },
      metadata: { photo_id: job.photo_id, sha256: job.sha256, filename: "a.jpg" },
      onError: (error) => resolve({ error: String(error) }),
      onSuccess: () => resolve({ url: upload.url }),
    });
    upload.start();
  });
  process.stdout.write(JSON.stringify(said) + "\n");
}
