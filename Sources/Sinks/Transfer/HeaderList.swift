import CCurl

/// Header fields in the form that libcurl reads them in, which it does for as long as a request lasts and without a copy.
///
/// The fields of one request after another are written over the same memory.
@safe final class HeaderList {
    /// Lines, each with a zero behind it, and where each of them begins.
    private var text: [UInt8] = []
    private var starts: [Int] = []
    /// The same lines where they stay, and the list of them.
    private var lines = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    private var nodes = unsafe UnsafeMutableBufferPointer<curl_slist>(start: nil, count: 0)

    deinit {
        unsafe lines.deallocate()
        unsafe nodes.deallocate()
    }

    /// The list as it was filled last. It must not be read any more when it is filled anew.
    var first: UnsafeMutablePointer<curl_slist>? { unsafe nodes.baseAddress }

    /// - Parameter headers: each of them sendable.
    func fill(_ headers: [Transfer.Header]) {
        text.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        // An empty `Expect` keeps libcurl from asking first and waiting for leave to send.
        addLine("Expect", ":", "")
        // With a colon, an empty value would mean that the header is not wanted.
        for header in headers { addLine(header.name, header.value.isEmpty ? ";" : ": ", header.value) }
        link()
    }

    private func addLine(_ name: String, _ separator: String, _ value: String) {
        starts.append(text.count)
        for part in [name, separator, value] { text.append(contentsOf: part.utf8) }
        text.append(0)
    }

    private func link() {
        if unsafe lines.count < text.count {
            unsafe lines.deallocate()
            unsafe lines = .allocate(capacity: text.count)
        }
        if unsafe nodes.count < starts.count {
            unsafe nodes.deallocate()
            unsafe nodes = .allocate(capacity: starts.count)
        }
        _ = unsafe lines.update(fromContentsOf: text)
        for (index, start) in starts.enumerated() {
            let line = unsafe UnsafeMutableRawPointer(lines.baseAddress! + start).assumingMemoryBound(to: CChar.self)
            let isLast = index == starts.count - 1
            unsafe nodes[index] = curl_slist(data: line, next: isLast ? nil : nodes.baseAddress! + index + 1)
        }
    }
}
