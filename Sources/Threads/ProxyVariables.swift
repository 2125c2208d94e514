import Glibc

/// What an environment says of proxies for requests over HTTP.
package enum ProxyVariables {
    /// Takes it from this process, and from those that it starts.
    ///
    /// Requests of ours hold tokens and people's addresses, which are for whom is asked alone. Foundation asks by whatever
    /// proxy is named there, and takes no other word for it: on Linux `connectionProxyDictionary` does nothing.
    ///
    /// To be called once, at the start, while nothing else runs that may look into the environment.
    package static func forget() {
        for name in ["http_proxy", "https_proxy", "all_proxy"] {
            unsafe unsetenv(name)
            unsafe unsetenv(name.uppercased())
        }
    }
}
