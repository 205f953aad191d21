// An OPC UA server of another maker. PORT, PKI and FIRST_URIS (a JSON list) come from the environment; with
// LOAD it changes that many variables every 100 ms. Writing n to s=burst makes s=target take 1..n, one each turn of the event loop.
"use strict";
const {
  OPCUAServer, OPCUACertificateManager, Variant, DataType, VariantArrayType, StatusCodes, SecurityPolicy,
  MessageSecurityMode, DataValue, LocalizedText,
} = require("node-opcua");

const URI = "urn:test:press";

async function main() {
  const certificates = new OPCUACertificateManager({ rootFolder: process.env.PKI, automaticallyAcceptUnknownCertificate: true });
  await certificates.initialize();
  const server = new OPCUAServer({
    port: Number(process.env.PORT),
    hostname: "127.0.0.1",
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    securityPolicies: process.env.SECURE ? [SecurityPolicy.Basic256Sha256] : [SecurityPolicy.None],
    securityModes: process.env.SECURE ? [MessageSecurityMode.SignAndEncrypt] : [MessageSecurityMode.None],
    maxConnectionsPerEndpoint: 20,
    allowAnonymous: true,
    // Without this it folds changes within 50 ms into one, without an overflow bit.
    serverCapabilities: { minSupportedSampleRate: 0 },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  for (const uri of JSON.parse(process.env.FIRST_URIS || "[]")) space.registerNamespace(uri);
  const ns = space.registerNamespace(URI);
  const organizedBy = space.rootFolder.objects;
  const add = (name, dataType, value, extra = {}) => {
    const node = ns.addVariable({ organizedBy, browseName: name, nodeId: `s=${name}`, dataType, ...extra });
    const arrayType = extra.valueRank === 1 ? VariantArrayType.Array : VariantArrayType.Scalar;
    node.setValueFromSource({ dataType, arrayType, value });
    return node;
  };
  add("double", DataType.Double, 12.75);
  add("float", DataType.Float, 0.5);
  add("int64", DataType.Int64, [0x7fffffff, 0xffffffff]);
  add("uint16", DataType.UInt16, 65535);
  add("sbyte", DataType.SByte, -5);
  add("boolean", DataType.Boolean, true);
  add("text", DataType.String, "Störung 7");
  add("when", DataType.DateTime, new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678)));
  add("localized", DataType.LocalizedText, new LocalizedText({ locale: "en", text: "Running" }));
  add("bytes", DataType.ByteString, Buffer.from([1, 255]));
  add("array", DataType.Double, new Float64Array([1.5, -2, 3]), { valueRank: 1 });
  const bad = add("bad", DataType.Double, 1);
  bad.setValueFromSource({ dataType: DataType.Double, value: 7 }, StatusCodes.BadSensorFailure);
  const uncertain = add("uncertain", DataType.Double, 2);
  uncertain.setValueFromSource({ dataType: DataType.Double, value: 8 }, StatusCodes.UncertainLastUsableValue);
  const states = ns.addEnumerationType({ browseName: "MachineState", enumeration: ["Stopped", "Idle", "Execute"] });
  const state = ns.addVariable({ organizedBy, browseName: "state", nodeId: "s=state", dataType: states.nodeId });
  state.setValueFromSource({ dataType: DataType.Int32, value: 2 });

  add("fixed", DataType.Double, 1, { accessLevel: "CurrentRead", userAccessLevel: "CurrentRead" });
  const unit = ns.addObject({ organizedBy, browseName: "unit", nodeId: "s=unit" });
  const last = add("unit.last", DataType.String, "");
  const method = (name, statusCode) =>
    ns.addMethod(unit, { browseName: name, nodeId: `s=unit.${name}`, inputArguments: [], outputArguments: [] })
      .bindMethod((_inputs, _context, done) => {
        if (statusCode === StatusCodes.Good) last.setValueFromSource({ dataType: DataType.String, value: name });
        done(null, { statusCode, outputArguments: [] });
      });
  method("Start", StatusCodes.Good);
  method("Hold", StatusCodes.BadInvalidState);

  const target = add("target", DataType.Int32, 0, { minimumSamplingInterval: 0 });
  const burst = ns.addVariable({ organizedBy, browseName: "burst", nodeId: "s=burst", dataType: DataType.Int32, accessLevel: "CurrentRead | CurrentWrite" });
  burst.setValueFromSource({ dataType: DataType.Int32, value: 0 });
  burst.on("value_changed", (written) => {
    const start = Date.now();
    const step = (n) => {
      target.setValueFromSource({ dataType: DataType.Int32, value: n }, StatusCodes.Good, new Date(start + n));
      if (n < written.value.value) setImmediate(step, n + 1);
    };
    step(1);
  });

  const load = [];
  for (let n = 0; n < Number(process.env.LOAD || 0); n++) {
    load.push(add(`load${n}`, DataType.Double, 0, { minimumSamplingInterval: 0 }));
  }
  let tick = 0;
  if (load.length) {
    setInterval(() => {
      tick += 1;
      const now = new Date();
      for (const node of load) node.setValueFromSource({ dataType: DataType.Double, value: tick }, StatusCodes.Good, now);
    }, 100);
  }
  await server.start();
  console.log("listening");
  process.on("SIGTERM", () => process.exit(0));
}

main().catch((error) => { console.error(error); process.exit(1); });
