import Glibc

/// The folder a file sink writes in, held open, so that a path means the same place for as long as the sink lives.
final class Folder {
    let path: String
    private let descriptor: Int32

    /// Opens the folder of a file, and makes it where it is missing: for the owner, and the group to read.
    init(of filePath: String) throws(SinkError) {
        let name = Self.name(in: filePath)
        guard !name.isEmpty, name != ".", name != "..", !filePath.utf8.contains(0) else {
            throw .badSetting("\(filePath) names no file")
        }
        let folderPath = String(filePath.dropLast(name.count))
        path = folderPath.isEmpty ? "." : folderPath
        let isNew = unsafe mkdir(path, 0o750) == 0
        descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable(SystemFailure("\(path) cannot be opened").words) }
        if isNew, !Self.syncParent(of: descriptor) {
            throw .unusable(SystemFailure("the folder of \(path) cannot be synced").words)
        }
    }

    deinit {
        close(descriptor)
    }

    static func name(in filePath: String) -> String {
        filePath.hasSuffix("/") ? "" : filePath.split(separator: "/").last.map(String.init) ?? ""
    }

    private static func syncParent(of descriptor: Int32) -> Bool {
        let parent = unsafe openat(descriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return false }
        defer { close(parent) }
        return fsync(parent) == 0
    }

    /// Opens a file for reading and writing; nil where there is none and none is to be made.
    ///
    /// What is not a plain file is refused, and not waited for: a link, a folder, a pipe that nobody reads.
    func open(_ name: String, creating: Bool) throws(SinkError) -> PlainFile? {
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (creating ? O_CREAT : 0)
        let file = unsafe openat(descriptor, name, flags, 0o600)
        guard file >= 0 else {
            if errno == ENOENT, !creating { return nil }
            throw .unusable(
                errno == ELOOP
                    ? "\(place(of: name)) is a link, which is not followed"
                    : SystemFailure("\(place(of: name)) cannot be opened").words)
        }
        let opened = PlainFile(owning: file)
        guard let facts = opened.facts, facts.isPlain else {
            throw .unusable("\(place(of: name)) is not a plain file")
        }
        return opened
    }

    /// Whether the name is the file's at this moment.
    func isNamed(_ name: String, _ file: PlainFile) -> Bool {
        guard let named = facts(of: name), let facts = file.facts else { return false }
        return named.isSameFile(as: facts)
    }

    /// Gives a file the first name that nobody has, and tells which; on the disk when it returns.
    func rename(_ name: String, to candidate: (_ number: Int) -> String) throws(SystemFailure) {
        for number in 0..<FileName.archivesMax {
            let free = candidate(number)
            guard facts(of: free) == nil else { continue }
            guard unsafe renameat(descriptor, name, descriptor, free) == 0 else {
                throw SystemFailure("\(place(of: name)) cannot be renamed")
            }
            return try sync()
        }
        errno = EEXIST
        throw SystemFailure("\(place(of: name)) cannot be renamed, for every name is taken")
    }

    /// Has the names in the folder on the disk.
    func sync() throws(SystemFailure) {
        guard fsync(descriptor) == 0 else { throw SystemFailure("\(path) cannot be synced") }
    }

    func place(of name: String) -> String {
        path == "." ? name : path + name
    }

    private func facts(of name: String) -> PlainFile.Facts? {
        var facts = stat()
        guard unsafe fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return PlainFile.Facts(facts)
    }
}
