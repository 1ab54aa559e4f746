// A signature by finger, kept as a photo of the visit. By keyboard the name is typed instead (end.tsx).
import { useRef, useState } from "preact/hooks";
import { Button } from "../ui";
import type { Here } from "./act";
import { jpeg, kept } from "./camera";
import { Shot } from "./fields";
import { v } from "./words";

interface SignProps { draft: Here["draft"]; act: Here["act"]; signed: string | null; version?: number }
const WIDTH = 640, HEIGHT = 280;

export function Sign({ draft, act, signed, version }: SignProps) {
  const canvas = useRef<HTMLCanvasElement>(null), pen = useRef<number | null>(null);
  const [hasInk, setInk] = useState(false);
  const of = version === undefined ? {} : { version };
  if (signed !== null) return <Shot id={signed} label={v("signature")} onDrop={() => { act({ do: "sign", photo: null, ...of }); }} />;
  const place = (event: PointerEvent): [number, number] => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * WIDTH, ((event.clientY - box.top) / box.height) * HEIGHT];
  };
  const down = (event: PointerEvent) => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    if (!hasInk) { context.fillStyle = "#fff"; context.fillRect(0, 0, WIDTH, HEIGHT); }
    pen.current = event.pointerId;
    context.lineWidth = 5;
    context.lineCap = "round";
    context.strokeStyle = "#111";
    context.beginPath();
    context.moveTo(...place(event));
  };
  const move = (event: PointerEvent) => {
    const context = canvas.current?.getContext("2d");
    if (!context || pen.current !== event.pointerId) return;
    context.lineTo(...place(event));
    context.stroke();
    if (!hasInk) setInk(true);
  };
  const wipe = () => { canvas.current?.getContext("2d")?.clearRect(0, 0, WIDTH, HEIGHT); setInk(false); };
  const done = async () => {
    if (canvas.current === null) return;
    const photo = await kept(await jpeg(canvas.current), draft.id, "signature");
    act({ do: "sign", photo, ...of });
  };
  return (
    <div class="sign">
      <canvas ref={canvas} width={WIDTH} height={HEIGHT} role="img" aria-label={v("sign_here")} onPointerDown={down} onPointerMove={move} onPointerUp={() => { pen.current = null; }} onPointerCancel={() => { pen.current = null; }} />
      <div class="pair"><Button onClick={wipe} disabled={!hasInk}>{v("wipe")}</Button><Button kind="main" onClick={() => { void done(); }} disabled={!hasInk}>{v("signed")}</Button></div>
    </div>
  );
}
