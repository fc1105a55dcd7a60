extension RedisServer {
  /// Starts the program and waits until it says that it accepts connections.
  static func launch(_ arguments: [String], environment: [String: String]) async throws -> ServerProcess {
    guard let path = ChildProcess.find("redis-server") else {
      throw ServerProcessError(
        message: "redis-server is not on PATH; install Redis 7.0 or later, e.g. apt-get install redis-server")
    }
    let process = try await start(path, arguments, environment)
    guard await process.printed("eady to accept connections") else {
      throw ServerProcessError(message: "redis-server did not start:\n\(process.output)")
    }
    return process
  }

  private static func start(
    _ path: String, _ arguments: [String], _ environment: [String: String]
  ) async throws -> ServerProcess {
    if environment.isEmpty { return try await ServerProcess.start(path, arguments) }
    guard let env = ChildProcess.find("env") else { throw ServerProcessError(message: "env is not on PATH") }
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return try await ServerProcess.start(env, variables + [path] + arguments)
  }

  /// The command line of a server.
  static func arguments(
    _ options: Options, _ directory: String, _ port: Int, _ certificate: TestCertificate?
  ) -> [String] {
    var arguments = ["--dir", directory, "--logfile", "", "--daemonize", "no", "--save", ""]
    // A leading "-" lets Redis go on without an address that the machine does not have.
    arguments += ["--bind", "127.0.0.1"] + (options.bindsIPv6 ? ["-::1"] : [])
    if let certificate {
      arguments += ["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"]
      arguments += ["--tls-cert-file", certificate.certificatePath, "--tls-key-file", certificate.keyPath]
    } else {
      arguments += ["--port", String(port)]
    }
    if options.listensOnUnixSocket { arguments += ["--unixsocket", "\(directory)/redis.sock"] }
    arguments += ["--appendonly", options.appendOnly ? "yes" : "no", "--appendfsync", "always"]
    if let maxMemory = options.maxMemory { arguments += ["--maxmemory", maxMemory] }
    arguments += ["--maxmemory-policy", options.maxMemoryPolicy]
    if let password = options.password { arguments += ["--requirepass", password] }
    for user in options.users { arguments += ["--user"] + user.split(separator: " ").map(String.init) }
    return arguments + options.extraArguments
  }
}
