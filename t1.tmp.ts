import { createXlaEngine } from "/work/w/xla/core/engine/xla/engine.ts";
import * as tf from "@tensorflow/tfjs";
const engine = await createXlaEngine({ plugin: "/tmp/pjrt_cpu.so", devices: Number(process.env.D ?? 1) });
console.log(engine.device);
const p = await engine.compile((s, i) => ({ state: { w: tf.sub(s.w!, tf.mul(i.lr!, tf.matMul(i.x!, i.x!, true, false))) }, outputs: { loss: tf.sum(s.w!), c: tf.sum(tf.cast(tf.greater(i.x!, 0), "int32"), 0), b: tf.greater(s.w!, 0) } }),
  { state: { w: { shape: [3, 3], dtype: "float32" } }, inputs: { x: { shape: [4, 3], dtype: "float32" }, lr: { shape: [], dtype: "float32" } } }, "t");
console.log(p.print());
const st = await engine.upload({ w: { shape: [3, 3], data: new Float32Array(9).fill(1) } });
const inputs = { x: { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i - 5) }, lr: { shape: [], data: Float32Array.of(0.1) } };
console.log(await p.run(st, inputs));
console.log(await p.run(st, inputs), engine.handles());
console.log(await engine.download(st), engine.memory());
engine.release(st); p.dispose(); console.log(engine.handles()); await engine.dispose(); 
