import Idempotency
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again on SIGHUP, and puts its policies in force if all of it is right.
struct Reloader: Service {
  let source: ConfigurationSource
  let running: WorkerConfiguration
  let worker: Worker
  let keys: KeyRefresher
  let readiness: WorkerReadiness
  let metrics: WorkerMetrics
  let logger: Logger

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() { await reload() }
  }

  private func reload() async {
    do {
      let configuration = try WorkerConfiguration.load(source)
      // A worker that lacks keys from the start may go on without; one that has some must not lose them.
      let site = try await Site.load(
        configuration, keys: keys, mayLackKeys: keys.current.map { $0.current == nil } ?? false, metrics: metrics,
        logger: logger)
      try await readiness.claim(site.policies.derivations)
      await worker.use(site)
      keys.use(site.principals?.remoteKeys)
      metrics.configurationReloaded(succeeded: true)
      readiness.reloaded(nil)
      logger.notice("configuration reloaded", metadata: ["policies": "\(site.policies.policies.count)"])
      for setting in configuration.settingsNeedingRestart(comparedTo: running) {
        logger.warning("this setting has changed and needs a restart", metadata: ["setting": "\(setting)"])
      }
    } catch {
      metrics.configurationReloaded(succeeded: false)
      readiness.reloaded("the last reload failed; the policies before it are in force: \(error)")
      logger.error("the configuration was not reloaded; what was in force stays so", metadata: ["reason": "\(error)"])
    }
  }
}
