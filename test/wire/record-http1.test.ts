// Simple requests are read right from their sockets here, all others by Node.
import "./record-http1-suite.ts";
