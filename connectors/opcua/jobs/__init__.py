"""Job orders (OPC 10031-4, ISA-95): their structures, and the receiver that takes them."""
