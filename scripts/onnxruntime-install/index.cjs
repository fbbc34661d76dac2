/**
 * Stands in for `global-agent`, which onnxruntime-node uses in its install script and nowhere else. That script would fetch 300 MB of CUDA
 * libraries from a host that closed networks lack, and fail without it; here it ends, unless the environment asks for them
 * (`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`). npm has no setting of its own that reaches an install script, and
 * from version 12 on refuses others.
 */
exports.bootstrap = () => {
  process.env.ONNXRUNTIME_NODE_INSTALL ||= "skip";
};
