"""Rules over how one signal moves: its rate, its range, whether it stands still, spikes, stays or grows old."""
