/** Slurm as it is, on this machine alone: its own controller and one node, without munge, systemd or accounting. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";

const found = (name: string) => ["/usr/sbin", "/usr/bin", "/sbin"].map((at) => join(at, name)).find(existsSync);
const [controller, node, stepDaemon] = ["slurmctld", "slurmd", "slurmstepd"].map(found);

/** Whether it is installed. */
export const slurmIsHere: boolean = ![controller, node, stepDaemon].includes(undefined);

export interface Cluster {
  /** What its commands need in the environment. */
  readonly env: { readonly SLURM_CONF: string };
  /** Calls one of them and gives what it prints. */
  call(name: string, ...args: string[]): string;
  /** Kills the node's daemon and all that it runs, with no signal that they could answer, and tells the controller that the node is gone. */
  loseNode(): void;
  /** Starts the node's daemon again, and gives it work. */
  restoreNode(): void;
  /** Looks again and again until `holds` gives something. */
  wait<T>(holds: () => T | undefined | false): Promise<T>;
  stop(): Promise<void>;
}

/** Starts it in an empty folder; four tasks fit at a time. */
export async function startSlurm(folder: string): Promise<Cluster> {
  const [ports, host] = [[await freePort(), await freePort()], hostname()];
  const [user, config] = [userInfo().username, join(folder, "slurm.conf")];
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
  writeFileSync(
    config,
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=30
NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { SLURM_CONF: config };
  const daemon = (program: string, ...args: string[]) =>
    spawn(program, ["-D", ...args], { env: { ...process.env, ...env }, stdio: "ignore" });
  const startNode = () => daemon(node!, "-d", stepDaemon!);
  const daemons = [daemon(controller!), startNode()];
  const call = (name: string, ...args: string[]) =>
    execFileSync(name, args, { env: { ...process.env, ...env }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const wait = async <T>(holds: () => T | undefined | false): Promise<T> => {
    for (;;) {
      const value = holds();
      if (value !== undefined && value !== false) return value;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const answers = () => {
    try {
      return /idle/.test(call("sinfo", "--noheader"));
    } catch {
      return false;
    }
  };
  await wait(answers);
  const stop = async () => {
    call("sh", "-c", "scancel --me --full --signal=KILL || true");
    await wait(() => call("squeue", "--noheader", "--states=RUNNING,COMPLETING") === "");
    await Promise.all(daemons.map(ended));
  };
  const loseNode = () => {
    const lost = [daemons.pop()!.pid!, ...tasksOf(join(folder, "spool"))];
    for (const pid of lost) process.kill(pid, "SIGKILL");
    call("scontrol", "update", `NodeName=${host}`, "State=DOWN", "Reason=lost");
  };
  const restoreNode = () => {
    daemons.push(startNode());
    call("scontrol", "update", `NodeName=${host}`, "State=RESUME");
  };
  return { env, call, loseNode, restoreNode, wait, stop };
}

/** Processes of the tasks whose scripts lie in a spool: each script, the daemon above it, and what it runs. */
function tasksOf(spool: string): number[] {
  const text = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const found = text.split("\n").map((line) => line.trim().split(/\s+(.*)/s));
  const processes = found.map(([pid, rest = ""]) => ({ pid: Number(pid), parent: Number.parseInt(rest, 10), rest }));
  const scripts = processes.filter(({ rest }) => rest.includes(`/bin/bash ${spool}`));
  const children = processes.filter(({ parent }) => scripts.some(({ pid }) => pid === parent));
  return [...scripts.flatMap(({ pid, parent }) => [parent, pid]), ...children.map(({ pid }) => pid)];
}

function ended(daemon: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return resolve();
    daemon.on("exit", () => resolve());
    daemon.kill("SIGTERM");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
