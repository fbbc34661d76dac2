/** A Slurm of one machine in a folder: its own controller and node, no munge, no systemd. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";

export interface Slurm {
  /** What a process needs to talk to it. */
  readonly env: Readonly<Record<string, string>>;
  /** Calls one of its commands. */
  call(command: string, ...args: string[]): Promise<string>;
  /** Kills the node's daemon, and starts it again. */
  killNode(): Promise<void>;
  startNode(): void;
  stop(): Promise<void>;
}

/** Whether Slurm is installed here: Debian's package slurm-wlm has all of it. */
export function slurmIsThere(): boolean {
  try {
    for (const program of ["sbatch", "slurmctld", "slurmd"]) execFileSync("which", [program], { stdio: "ignore" });
    return userInfo().uid === 0; // its daemons start jobs as other users
  } catch {
    return false;
  }
}

/** Starts one; resolves when its node is idle. */
export async function startSlurm(folder: string): Promise<Slurm> {
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name), { recursive: true });
  const [control, node] = [await freePort(), await freePort()];
  const conf = join(folder, "slurm.conf");
  const user = userInfo().username;
  writeFileSync(
    conf,
    `ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/none
CredType=cred/none
SlurmctldPort=${control}
SlurmdPort=${node}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MpiDefault=none
ReturnToService=2
KillWait=60
SlurmdParameters=config_overrides
SlurmdTimeout=10
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=localhost NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { SLURM_CONF: conf };
  const daemon = (name: string, ...args: string[]) =>
    spawn(name, ["-D", ...args], { env: { ...process.env, ...env }, stdio: "ignore" });
  const call = (command: string, ...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(command, args, { env: { ...process.env, ...env }, encoding: "utf8" }, (thrown, stdout, stderr) => {
        if (thrown) reject(new Error(`${command}: ${stderr}`));
        else resolve(stdout);
      });
    });
  const controller = daemon("slurmctld");
  let slurmd: ChildProcess | undefined;
  const startNode = () => {
    slurmd = daemon("slurmd", "-N", "localhost");
  };
  startNode();
  await until(
    async () => (await call("sinfo", "--noheader", "--format=%t").catch(() => "")).trim() === "idle",
    () => readFileSync(join(folder, "slurmctld.log"), "utf8"),
  );
  const killNode = async () => {
    const gone = new Promise((resolve) => slurmd?.once("exit", resolve));
    slurmd?.kill("SIGKILL");
    await gone;
  };
  return {
    env,
    call,
    killNode,
    startNode,
    stop: async () => {
      await call("scancel", "--me").catch(() => {});
      await killNode();
      controller.kill("SIGKILL");
    },
  };
}

/** Asks again until something holds: schedulers tell nobody. */
export async function until(holds: () => Promise<boolean>, why: () => string, seconds = 120): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`did not come about in ${seconds} s: ${why()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
