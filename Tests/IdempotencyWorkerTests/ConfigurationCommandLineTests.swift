import Idempotency
import Testing

@testable import IdempotencyWorker

/// Flags and variables override the file, and each other, and say what is wrong by their own name.
@Suite struct ConfigurationCommandLineTests {
  static let base = ConfigurationRefusals.base.joined(separator: "\n")

  private func load(_ flags: [String], _ environment: [String: String] = [:]) throws -> WorkerConfiguration {
    try WorkerConfiguration.load(
      ConfigurationSource(arguments: ["idempotency-worker"] + flags, environment: environment))
  }

  private func errors(_ flags: [String], _ environment: [String: String] = [:]) -> [String] {
    do {
      _ = try CommandLineRequest.parse(arguments: ["idempotency-worker"] + flags, environment: environment)
      _ = try load(flags, environment)
      return []
    } catch {
      return "\(error)".split(separator: "\n").map(String.init)
    }
  }

  static let minimum = ["--origin", "http://127.0.0.1:3000", "--store", "memory", "--listen", "127.0.0.1:0"]

  @Test func aWorkerWithoutAFileGuardsEveryPostAndPatch() throws {
    let configuration = try load(Self.minimum)
    let policy = try #require(configuration.policies.first)
    #expect(policy.methods == ["POST", "PATCH"])
    #expect(policy.path.description == "/**")
    #expect(!policy.isKeyRequired)
    #expect(configuration.principal?.source == .headers(["x-api-key"]))
    #expect(configuration.principal?.missing == .shared)
    #expect(configuration.store.kind == .memory)
    #expect(configuration.listen == .tcp(host: "127.0.0.1", port: 0))
    let redis = try load(["--origin=https://h", "--store=redis://:p@r:1/2"])
    #expect(redis.store.kind == .redis(url: "redis://:p@r:1/2"))
    #expect(redis.store.database == 2)
  }

  @Test func whoeverNamesTheCallerGetsTheFilesDefaults() throws {
    let principal = try #require(try load(Self.minimum + ["--principal-headers", "x-user, x-tenant"]).principal)
    #expect(principal.source == .headers(["x-user", "x-tenant"]))
    #expect(principal.missing == .reject)
  }

  @Test func aFlagIsStrongerThanAVariableAndThatThanTheFile() throws {
    let directory = try ConfigurationDirectory()
    let text = Self.base + "\noriginTimeout: 10s\noriginConnections: { idle: 1s, perLoop: 7 }\n"
    let environment = [
      "IDEMPOTENCY_ORIGIN_TIMEOUT": "20s", "IDEMPOTENCY_ORIGIN_CONNECTIONS_IDLE": "2s", "PATH": "/bin",
    ]
    let configuration = try directory.load(text, flags: ["--origin-timeout", "25s"], environment: environment)
    #expect(configuration.originTimeout == .seconds(25))
    #expect(configuration.originConnections.idle == .seconds(2))
    #expect(configuration.originConnections.perLoop == 7)
    #expect(configuration.originConnections.perCaller == 6)
    #expect(configuration.policies.first?.execution.originTimeout == .seconds(25))
  }

  @Test func aStrongerStoreReplacesAWeakerOne() throws {
    let directory = try ConfigurationDirectory()
    let text = Self.base.replacing("store: { memory: {} }", with: "store: { redis: redis://h, prefix: a }")
    let memory = try directory.load(text, flags: ["--store", "memory"]).store
    #expect(memory.kind == .memory)
    #expect(memory.prefix == "a")
    let cluster = try directory.load(text, environment: ["IDEMPOTENCY_STORE_CLUSTER_NODES": "a:1,b:2"]).store
    #expect(cluster.kind == .cluster(nodes: [HostAndPort(host: "a", port: 1), HostAndPort(host: "b", port: 2)]))
    let both = ["--store", "memory", "--store-redis", "redis://h"]
    #expect(
      try directory.errors(text, flags: both) == [
        "--store: is given beside redis; expected exactly one of redis, sentinel, cluster, memory"
      ])
  }

  @Test(arguments: SettingsCatalogue.settings) func everySettingHasAFlagAndAVariable(_ setting: Setting) throws {
    let flag = try #require(CommandLineFlags.names[setting.path])
    let variable = try #require(EnvironmentVariables.names[setting.path])
    #expect(variable == "IDEMPOTENCY_" + flag.dropFirst(2).uppercased().replacing("-", with: "_"))
    #expect(HelpText.text.contains("  \(flag) "))
    // Wrong for every setting, whatever it takes: a control character, and too long for a name.
    let wrong = "\u{1}" + String(repeating: "x", count: 300)
    #expect(errors([flag, wrong]).contains { $0.hasPrefix("\(flag): ") }, "\(errors([flag, wrong]))")
    #expect(errors([], [variable: wrong]).contains { $0.hasPrefix("\(variable): ") })
  }

  @Test(
    arguments: [
      (["--orgin", "http://h"], "--orgin: is not a flag; expected --origin?"),
      (["--metrics"], "--metrics: is not a flag; expected one that --help lists"),
      (["-c", "file"], "-c: is not a flag; expected one that --help lists"),
      (["--store"], "--store: has no value; expected --store VALUE"),
      (["--store", "--check"], "--store: has no value; expected --store VALUE"),
      (["--check=yes"], "--check: has a value; expected none"),
      (["--origin", "http://h", "--origin", "http://i"], "--origin: is given more than once; expected once"),
      (["worker.yaml"], "argument 1: belongs to no flag; expected --config FILE, or --flag VALUE"),
      (["--config="], "--config: names no file; expected one"),
      (["--config", "/no/such.yaml"], "/no/such.yaml: cannot be read; expected a readable configuration file"),
    ])
  func aCommandLineIsRefused(_ arguments: [String], _ message: String) throws {
    let found = errors(arguments)
    if arguments == ["--config", "/no/such.yaml"] {
      let check = ConfigurationCheck(ConfigurationSource(file: "/no/such.yaml"))
      #expect(check.errors == message + "\n")
      #expect(check.exitCode == 2)
    } else {
      #expect(found.contains(message))
    }
  }

  @Test func nothingSaidIsRefusedWithWhatToSay() {
    #expect(
      errors([]) == [
        "command line: origin: is missing; expected http://host:port or https://host:port, without user, path and query "
          + "(--origin URL)",
        "command line: store: is missing; expected exactly one of redis, sentinel, cluster, memory (--store memory, or "
          + "--store redis://host:6379)",
      ])
  }

  @Test func anUnknownVariableIsRefusedUnlessKubernetesMadeIt() {
    #expect(
      errors(Self.minimum, ["IDEMPOTENCY_ORIGIN_TIMEOUTS": "5s"]) == [
        "IDEMPOTENCY_ORIGIN_TIMEOUTS: is not a setting; expected IDEMPOTENCY_ORIGIN_TIMEOUT?"
      ])
    #expect(errors(Self.minimum, ["IDEMPOTENCY_LISTEN_PORT": "80"]).count == 1)
    let links = [
      "IDEMPOTENCY_WORKER_SERVICE_HOST": "10.0.0.1", "IDEMPOTENCY_WORKER_SERVICE_PORT": "80",
      "IDEMPOTENCY_WORKER_SERVICE_PORT_HTTP": "80", "IDEMPOTENCY_WORKER_PORT": "tcp://10.0.0.1:80",
      "IDEMPOTENCY_WORKER_PORT_80_TCP": "tcp://10.0.0.1:80", "IDEMPOTENCY_WORKER_PORT_80_TCP_ADDR": "10.0.0.1",
      "IDEMPOTENCY_PORT_80_TCP_PROTO": "tcp", "IDEMPOTENCY_SERVICE_HOST": "10.0.0.1",
    ]
    #expect(errors(Self.minimum, links) == [])
  }

  @Test func anEmptyVariableIsNone() throws {
    let environment = ["IDEMPOTENCY_TLS_KEY_FILE": "", "IDEMPOTENCY_ORIGIN_TIMEOUT": "", "IDEMPOTENCY_CONFIG": ""]
    #expect(errors(Self.minimum, environment) == [])
  }

  @Test func aPasswordIsNeverRepeated() {
    let all =
      errors(["--store", "http://u:hunter2@h", "--origin", "http://u:hunter2@h", "--admin=hunter2"])
      + errors(["--stor=redis://u:hunter2@h", "redis://u:hunter2@h", "--store", "redis://u:hunter2@h:x"])
    #expect(all.count == 5)
    #expect(!all.joined().contains("hunter2"))
    #expect(!StoreKind.redis(url: "redis://u:hunter2@h").description.contains("hunter2"))
  }

  @Test func theCommandLineSaysWhatIsAskedFor() throws {
    func parse(_ arguments: [String], _ environment: [String: String] = [:]) throws -> CommandLineRequest {
      try CommandLineRequest.parse(arguments: ["idempotency-worker"] + arguments, environment: environment)
    }
    #expect(try parse(["--help", "--nonsense"]) == .help(HelpText.text))
    #expect(try parse(["--version"]) == .version)
    let arguments = ["--config", "a.yaml", "--check"]
    #expect(
      try parse(arguments)
        == .check(ConfigurationSource(file: "a.yaml", arguments: ["idempotency-worker"] + arguments)))
    let environment = ["IDEMPOTENCY_CONFIG": "b.yaml"]
    #expect(try parse([], environment) == .run(ConfigurationSource(file: "b.yaml", environment: environment)))
  }
}
