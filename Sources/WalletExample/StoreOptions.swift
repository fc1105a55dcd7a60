import ArgumentParser

/// How the store is used.
struct StoreOptions: ParsableArguments {
  @Option(
    help: "The first part of every Redis key; one per service. (default: idem)", transform: WalletCommand.prefix)
  var prefix: String?
  @Option(help: ArgumentHelp("A file that holds Redis's password.", valueName: "file"))
  var passwordFile: String?
  @Option(help: "How long one store operation may take. (default: 500ms)", transform: WalletCommand.duration)
  var storeTimeout: Duration?
  @Option(
    help: "How long nothing is reserved after Redis started, while nodes put back what it lost. (default: 5s)",
    transform: WalletCommand.duration)
  var settle: Duration?
  @Option(
    help: "How long Redis may take to become ready at start. (default: 5 s more than it settles)",
    transform: WalletCommand.duration)
  var startTimeout: Duration?

  func settings(url: String) -> WalletConfiguration.RedisSettings {
    .init(
      url: url, passwordFile: passwordFile, prefix: prefix, timeout: storeTimeout, settle: settle,
      startTimeout: startTimeout)
  }
}
