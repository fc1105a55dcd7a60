import Foundation
import IdempotencyTesting

/// A Python application behind an idempotency middleware from PyPI.
struct PythonPeer {
  private static let name = "Python middleware"

  /// Where its program is put.
  let directory: URL
  /// The interpreter that has what `requirements.txt` names.
  let python: String

  /// Starts it.
  ///
  /// - Throws: ``PeerSkipped`` where the interpreter or a package is not installed.
  func start(redis: String, processes: Int) async throws -> Peer {
    try Data(PackageResources.app_py).write(to: directory.appending(path: "app.py"))
    let packages = "idempotency_header_middleware, fastapi, redis, uvicorn, uvloop, httptools"
    let check = try await Program(python, ["-c", "import \(packages); print('complete')"])
    guard await check.prints("complete") else {
      throw PeerSkipped(
        name: Self.name, reason: "\(python) lacks \(packages)",
        installation: "python3 -m venv FOLDER && FOLDER/bin/pip install -r benchmarks/Peers/Python/requirements.txt, "
          + "then --python FOLDER/bin/python")
    }
    let port = FreePort.find()
    let program = try await Program(
      python,
      [
        "-m", "uvicorn", "app:app", "--app-dir", directory.path, "--host", "127.0.0.1", "--port", String(port),
        "--workers", String(processes), "--no-access-log", "--loop", "uvloop", "--http", "httptools",
      ], environment: ["REDIS_URL": "unix://\(redis)", "PYTHONDONTWRITEBYTECODE": "1"])
    return Peer(
      name: Self.name, port: port, program: program, modes: [.unguarded, .executed, .replayed], isLabelled: false)
  }
}
